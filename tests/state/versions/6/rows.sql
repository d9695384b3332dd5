INSERT INTO meta ("name", "value") VALUES
('reconciler_schema', '6');
INSERT INTO runs ("portal_id", "id", "serial", "environment", "plan_digest", "tool_version", "actor", "git_commit", "undoes", "personal", "planned", "status", "started_at", "finished_at", "erased_at") VALUES
(7654321, '20261122T164500Z-0001', 1, 'production', 'sha256:1a2b', '0.1.0', '{"host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '5f0c2e1', NULL, '[["companies","phone"],["contacts","email"]]', '{"adopt":1,"archive":1,"create":3,"update":1}', 'finished', '2026-11-22 16:45:00.000000', '2026-11-22 16:45:01.000000', NULL),
(7654321, '20261122T174501Z-0002', 2, 'production', 'sha256:1a2b', '0.1.0', '{"host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '5f0c2e1', NULL, '[["companies","phone"],["contacts","email"]]', '{"adopt":1,"associate":2,"create":1,"dissociate":1,"release":1,"update":1}', 'interrupted', '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000', NULL),
(7654321, '20261122T184501Z-0003', 3, 'production', 'sha256:1a2b', '0.1.0', '{"host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '5f0c2e1', '20261122T164500Z-0001', '[["companies","phone"],["contacts","email"]]', '{"associate":1,"create":1,"update":2}', 'running', '2026-11-22 18:45:01.000000', NULL, NULL),
(7654322, '20261122T174501Z-0001', 1, 'production', 'sha256:1a2b', '0.1.0', '{"host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '5f0c2e1', NULL, '[["companies","phone"],["contacts","email"]]', '{"adopt":1}', 'finished', '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000', NULL);
INSERT INTO states ("portal_id", "lineage", "serial", "project") VALUES
(7654321, '5f0c2e1a-0000-4000-8000-000000000004', 3, 'acme-crm'),
(7654322, '5f0c2e1a-0000-4000-8000-000000000004', 1, 'acme-crm');
INSERT INTO batches ("portal_id", "run_id", "number", "object", "call", "id_property", "intended_at", "recorded_at") VALUES
(7654321, '20261122T164500Z-0001', 0, 'companies', 'batch/upsert', 'external_id', '2026-11-22 16:45:00.000000', '2026-11-22 16:45:01.000000'),
(7654321, '20261122T164500Z-0001', 1, 'companies', 'batch/archive', NULL, '2026-11-22 16:45:01.000000', '2026-11-22 16:45:01.000000'),
(7654321, '20261122T174501Z-0002', 0, 'companies', 'batch/update', NULL, '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000'),
(7654321, '20261122T174501Z-0002', 1, 'companies', 'associations/batch/associate/default', NULL, '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000'),
(7654321, '20261122T174501Z-0002', 2, 'companies', 'associations/batch/create', NULL, '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000'),
(7654321, '20261122T174501Z-0002', 3, 'companies', 'associations/batch/archive', NULL, '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000'),
(7654321, '20261122T184501Z-0003', 0, 'companies', 'batch/update', NULL, '2026-11-22 18:45:01.000000', NULL),
(7654321, '20261122T184501Z-0003', 1, 'companies', 'batch/upsert', 'external_id', '2026-11-22 18:45:01.000000', NULL),
(7654321, '20261122T184501Z-0003', 2, 'companies', 'associations/batch/create', NULL, '2026-11-22 18:45:01.000000', NULL);
INSERT INTO changes ("portal_id", "run_id", "number", "kind", "action", "step", "object", "by", "key", "record_id", "to_object", "to_by", "to_key", "to_id", "label", "whole", "from_by", "from_key", "replaces", "origin", "protected", "origin_before", "protected_before", "reason", "source", "call", "id_property", "values", "remembered", "forgotten", "outcome", "answer") VALUES
(7654321, '20261122T164500Z-0001', 0, 'record', 'create', 1, 'companies', 'external_id', 'acme', '9001', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Acme GmbH","missing",[14,7]],"phone":[null,"+4930123456","missing",[15,7]]}', '{}', '{}', 'applied', '{"answered":{"name":"Acme GmbH","phone":"+49 30 123456"},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T164500Z-0001', 1, 'record', 'create', 1, 'companies', 'external_id', 'globex', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Globex","missing",[14,7]],"tier":[null,"golden","missing",[14,7]]}', '{}', '{}', 'rejected', '{"category":"VALIDATION_ERROR","correlation_id":null,"message":"\"tier\" has no option \"golden\"","record_id":null}'),
(7654321, '20261122T164500Z-0001', 2, 'record', 'create', 1, 'companies', 'external_id', 'hooli', '9003', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Hooli","missing",[14,7]]}', '{}', '{}', 'applied', '{"answered":{"name":"Hooli"},"is_new":null,"record_id":"9003"}'),
(7654321, '20261122T164500Z-0001', 3, 'record', 'adopt', 1, 'companies', 'external_id', 'initech', '9005', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'adopted', 1, NULL, NULL, 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{"name":["Initech","Initech","in step",[14,7]]}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9005"}'),
(7654321, '20261122T164500Z-0001', 4, 'record', 'archive', 1, 'companies', 'external_id', 'oldco', '9004', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, 'pruned', 'null', 'batch/archive', NULL, '{}', '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9004"}'),
(7654321, '20261122T164500Z-0001', 5, 'record', 'update', 1, 'companies', 'external_id', 'umbrella', '9006', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"phone":["1",null,"drift",[14,7]]}', '{}', '{}', 'stale', '{"message":"phone is 2 by now"}'),
(7654321, '20261122T174501Z-0002', 0, 'record', 'update', 1, 'companies', 'external_id', 'hooli-xyz', '9003', NULL, NULL, NULL, NULL, NULL, NULL, 'external_id', 'hooli', NULL, 'created', 0, NULL, NULL, 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"external_id":["hooli","hooli-xyz","renamed",[14,7]],"name":["Hooli ","Hooli XYZ","conflict",[14,7]]}', '{"tier":["gold","gold","in step",[14,7]]}', '{}', 'applied', '{"answered":{"name":"Hooli XYZ"},"is_new":null,"record_id":"9003"}'),
(7654321, '20261122T174501Z-0002', 1, 'record', 'release', 1, 'companies', 'external_id', 'vandelay', '9007', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'adopted', 0, 'pruned', 'null', NULL, NULL, '{}', '{}', '{"name":["Vandelay","Vandelay","in step",null]}', 'applied', '{"answered":{},"is_new":null,"record_id":"9007"}'),
(7654321, '20261122T174501Z-0002', 2, 'record', 'create', 1, 'companies', 'external_id', 'stark', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{}', '{}', '{}', 'skipped', '{"message":"not attempted: the run stopped"}'),
(7654321, '20261122T174501Z-0002', 3, 'association', 'create', 1, 'companies', 'external_id', 'acme', '9001', 'contacts', 'email', 'ada@acme.example', '501', NULL, 1, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",40,7]', 'associations/batch/associate/default', NULL, '{}', '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T174501Z-0002', 4, 'association', 'create', 1, 'companies', 'external_id', 'acme', '9001', 'contacts', 'email', 'bob@acme.example', '502', '["USER_DEFINED",7,"Billing"]', 0, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",41,7]', 'associations/batch/create', NULL, '{}', '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T174501Z-0002', 5, 'association', 'archive', 1, 'companies', 'external_id', 'hooli-xyz', '9003', 'contacts', 'email', 'ada@acme.example', '501', '["USER_DEFINED",7,"Billing"]', 1, NULL, NULL, NULL, NULL, NULL, 'created', 0, 'pruned', 'null', 'associations/batch/archive', NULL, '{}', '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9003"}'),
(7654321, '20261122T174501Z-0002', 6, 'association', 'adopt', 1, 'companies', 'external_id', 'initech', '9005', 'contacts', 'email', 'bob@acme.example', '502', NULL, 0, NULL, NULL, NULL, 'adopted', 0, NULL, NULL, 'in step', '["manifests/companies.yaml",42,7]', NULL, NULL, '{}', '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9005"}'),
(7654321, '20261122T184501Z-0003', 0, 'record', 'update', 1, 'companies', 'external_id', 'acme', '9001', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"name":["Acme GmbH","Acme SE","changed",[14,7]],"phone":["+49 30 123456",null,"drift",[14,7]]}', '{}', '{}', 'applied', '{"answered":{"name":"Acme SE"},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T184501Z-0003', 1, 'record', 'update', 1, 'companies', 'external_id', 'hooli-xyz', '9003', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"lifecyclestage":["customer","lead","changed",[14,7]]}', '{}', '{}', 'unknown', '{"message":"no answer"}'),
(7654321, '20261122T184501Z-0003', 2, 'record', 'create', 1, 'companies', 'external_id', 'wayne', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Wayne","missing",[14,7]]}', '{}', '{}', NULL, NULL),
(7654321, '20261122T184501Z-0003', 3, 'association', 'create', 1, 'companies', 'external_id', 'hooli-xyz', '9003', 'contacts', 'email', 'bob@acme.example', '502', '["USER_DEFINED",7,"Billing"]', 1, NULL, NULL, NULL, 'created', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",43,7]', 'associations/batch/create', NULL, '{}', '{}', '{}', NULL, NULL),
(7654322, '20261122T174501Z-0001', 0, 'record', 'adopt', 1, 'companies', 'external_id', 'acme', '9001', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'adopted', 0, NULL, NULL, 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9001"}');
INSERT INTO intents ("portal_id", "run_id", "change", "ordinal", "batch", "sent_at") VALUES
(7654321, '20261122T164500Z-0001', 0, 1, 0, '2026-11-22 16:45:01.000000'),
(7654321, '20261122T164500Z-0001', 1, 1, 0, '2026-11-22 16:45:01.000000'),
(7654321, '20261122T164500Z-0001', 2, 1, 0, '2026-11-22 16:45:01.000000'),
(7654321, '20261122T164500Z-0001', 4, 1, 1, '2026-11-22 16:45:01.000000'),
(7654321, '20261122T174501Z-0002', 0, 1, 0, '2026-11-22 17:45:01.000000'),
(7654321, '20261122T174501Z-0002', 3, 1, 1, '2026-11-22 17:45:01.000000'),
(7654321, '20261122T174501Z-0002', 4, 1, 2, '2026-11-22 17:45:01.000000'),
(7654321, '20261122T174501Z-0002', 5, 1, 3, '2026-11-22 17:45:01.000000'),
(7654321, '20261122T184501Z-0003', 0, 1, 0, '2026-11-22 18:45:01.000000'),
(7654321, '20261122T184501Z-0003', 1, 1, 0, '2026-11-22 18:45:01.000000'),
(7654321, '20261122T184501Z-0003', 1, 2, 0, NULL),
(7654321, '20261122T184501Z-0003', 2, 1, 1, NULL),
(7654321, '20261122T184501Z-0003', 3, 1, 2, NULL);
INSERT INTO locks ("portal_id", "fence", "actor", "acquired_at", "heartbeat_at", "expires_at") VALUES
(7654321, 3, '{"host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '2026-11-22 18:45:01.000000', '2026-11-22 18:45:01.000000', '2026-11-22 18:46:01.000000'),
(7654322, 1, NULL, NULL, NULL, NULL);
INSERT INTO owned ("portal_id", "object", "by", "key", "record_id", "origin", "sent", "answered", "protected", "serial") VALUES
(7654321, 'companies', 'external_id', 'acme', '9001', 'created', '{"name":"Acme SE","phone":null}', NULL, 0, 3),
(7654321, 'companies', 'external_id', 'hooli-xyz', '9003', 'created', '{"external_id":"hooli-xyz","name":"Hooli XYZ","tier":"gold"}', NULL, 0, 2),
(7654321, 'companies', 'external_id', 'initech', '9005', 'adopted', '{"name":"Initech","note":null}', NULL, 1, 1),
(7654322, 'companies', 'external_id', 'acme', '9001', 'adopted', '{"name":"Acme"}', NULL, 1, 1);
INSERT INTO pairs ("portal_id", "object", "record_id", "to_object", "to_id", "category", "type_id", "label", "by", "key", "to_by", "to_key", "origin", "whole", "serial") VALUES
(7654321, 'companies', '9001', 'contacts', '501', '', 0, NULL, 'external_id', 'acme', 'email', 'ada@acme.example', 'created', 1, 2),
(7654321, 'companies', '9001', 'contacts', '502', 'USER_DEFINED', 7, 'Billing', 'external_id', 'acme', 'email', 'bob@acme.example', 'created', 0, 2),
(7654321, 'companies', '9005', 'contacts', '502', '', 0, NULL, 'external_id', 'initech', 'email', 'bob@acme.example', 'adopted', 0, 2);
INSERT INTO prune_rules ("portal_id", "object", "by", "prune") VALUES
(7654321, 'companies', 'external_id', 'true');
