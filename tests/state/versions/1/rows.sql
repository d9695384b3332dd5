INSERT INTO meta ("name", "value") VALUES
('reconciler_schema', '1');
INSERT INTO runs ("portal_id", "id", "serial", "environment", "plan_digest", "tool_version", "actor", "personal", "planned", "status", "started_at", "finished_at", "erased_at") VALUES
(7654321, '20261122T164500Z-0001', 1, 'production', 'sha256:1a2b', '0.1.0', '{"commit":"5f0c2e1","host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '[["companies","phone"],["contacts","email"]]', '{"adopt":1,"archive":1,"create":3,"update":1}', 'finished', '2026-11-22 16:45:00.000000', '2026-11-22 16:45:01.000000', NULL),
(7654321, '20261122T174501Z-0002', 2, 'production', 'sha256:1a2b', '0.1.0', '{"commit":"5f0c2e1","host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '[["companies","phone"],["contacts","email"]]', '{"create":1,"release":1,"update":1}', 'interrupted', '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000', NULL),
(7654321, '20261122T184501Z-0003', 3, 'production', 'sha256:1a2b', '0.1.0', '{"commit":"5f0c2e1","host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '[["companies","phone"],["contacts","email"]]', '{"adopt":3}', 'finished', '2026-11-22 18:45:01.000000', '2026-11-22 18:45:01.000000', NULL),
(7654321, '20261122T194501Z-0004', 4, 'production', 'sha256:1a2b', '0.1.0', '{"commit":"5f0c2e1","host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '[["companies","phone"],["contacts","email"]]', '{"create":1,"update":2}', 'running', '2026-11-22 19:45:01.000000', NULL, NULL),
(7654322, '20261122T184501Z-0001', 1, 'production', 'sha256:1a2b', '0.1.0', '{"commit":"5f0c2e1","host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '[["companies","phone"],["contacts","email"]]', '{"adopt":1}', 'finished', '2026-11-22 18:45:01.000000', '2026-11-22 18:45:01.000000', NULL);
INSERT INTO states ("portal_id", "lineage", "serial") VALUES
(7654321, '5f0c2e1a-0000-4000-8000-000000000001', 4),
(7654322, '5f0c2e1a-0000-4000-8000-000000000001', 1);
INSERT INTO batches ("portal_id", "run_id", "number", "object", "call", "id_property", "intended_at", "recorded_at") VALUES
(7654321, '20261122T164500Z-0001', 0, 'companies', 'batch/upsert', 'external_id', '2026-11-22 16:45:00.000000', '2026-11-22 16:45:01.000000'),
(7654321, '20261122T164500Z-0001', 1, 'companies', 'batch/archive', NULL, '2026-11-22 16:45:01.000000', '2026-11-22 16:45:01.000000'),
(7654321, '20261122T174501Z-0002', 0, 'companies', 'batch/update', NULL, '2026-11-22 17:45:01.000000', '2026-11-22 17:45:01.000000'),
(7654321, '20261122T194501Z-0004', 0, 'companies', 'batch/update', NULL, '2026-11-22 19:45:01.000000', NULL),
(7654321, '20261122T194501Z-0004', 1, 'companies', 'batch/upsert', 'external_id', '2026-11-22 19:45:01.000000', NULL);
INSERT INTO changes ("portal_id", "run_id", "number", "batch", "action", "object", "by", "key", "record_id", "protected", "renamed_from", "origin", "reason", "source", "call", "id_property", "values", "in_step", "outcome", "answer") VALUES
(7654321, '20261122T164500Z-0001', 0, 0, 'create', 'companies', 'external_id', 'acme', '9001', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Acme GmbH","missing",[14,7]],"phone":[null,"+4930123456","missing",[15,7]]}', '{}', 'applied', '{"answered":{"name":"Acme GmbH","phone":"+49 30 123456"},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T164500Z-0001', 1, 0, 'create', 'companies', 'external_id', 'globex', NULL, 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Globex","missing",[14,7]],"tier":[null,"golden","missing",[14,7]]}', '{}', 'rejected', '{"category":"VALIDATION_ERROR","correlation_id":null,"message":"\"tier\" has no option \"golden\"","record_id":null}'),
(7654321, '20261122T164500Z-0001', 2, 0, 'create', 'companies', 'external_id', 'hooli', '9003', 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Hooli","missing",[14,7]]}', '{}', 'applied', '{"answered":{"name":"Hooli"},"is_new":null,"record_id":"9003"}'),
(7654321, '20261122T164500Z-0001', 3, NULL, 'adopt', 'companies', 'external_id', 'initech', '9005', 1, NULL, 'adopted', 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{"name":["Initech","Initech","in step",[14,7]]}', 'applied', '{"answered":{},"is_new":null,"record_id":"9005"}'),
(7654321, '20261122T164500Z-0001', 4, 1, 'archive', 'companies', 'external_id', 'oldco', '9004', 0, NULL, 'created', 'pruned', 'null', 'batch/archive', NULL, '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9004"}'),
(7654321, '20261122T164500Z-0001', 5, NULL, 'update', 'companies', 'external_id', 'umbrella', '9006', 0, NULL, 'created', 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"phone":["1",null,"drift",[14,7]]}', '{}', 'stale', '{"message":"phone is 2 by now"}'),
(7654321, '20261122T174501Z-0002', 0, 0, 'update', 'companies', 'external_id', 'hooli-xyz', '9003', 0, 'hooli', 'created', 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"external_id":["hooli","hooli-xyz","renamed",[14,7]],"name":["Hooli ","Hooli XYZ","conflict",[14,7]]}', '{"tier":["gold","gold","in step",[14,7]]}', 'applied', '{"answered":{"name":"Hooli XYZ"},"is_new":null,"record_id":"9003"}'),
(7654321, '20261122T174501Z-0002', 1, NULL, 'release', 'companies', 'external_id', 'vandelay', '9007', 0, NULL, NULL, 'pruned', 'null', NULL, NULL, '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9007"}'),
(7654321, '20261122T174501Z-0002', 2, NULL, 'create', 'companies', 'external_id', 'stark', NULL, 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{}', '{}', 'skipped', '{"message":"not attempted: the run stopped"}'),
(7654321, '20261122T184501Z-0003', 0, NULL, 'adopt', 'companies', 'erp_no', 'E9001', '9001', 0, NULL, 'adopted', 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T184501Z-0003', 1, NULL, 'adopt', 'companies', 'record_id', '9005', '9005', 0, NULL, 'created', 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9005"}'),
(7654321, '20261122T184501Z-0003', 2, NULL, 'adopt', 'contacts', 'email', 'ada@acme.example', '501', 0, NULL, 'adopted', 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"501"}'),
(7654321, '20261122T194501Z-0004', 0, 0, 'update', 'companies', 'external_id', 'acme', '9001', 0, NULL, 'created', 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"name":["Acme GmbH","Acme SE","changed",[14,7]],"phone":["+49 30 123456",null,"drift",[14,7]]}', '{}', 'applied', '{"answered":{"name":"Acme SE"},"is_new":null,"record_id":"9001"}'),
(7654321, '20261122T194501Z-0004', 1, 0, 'update', 'companies', 'external_id', 'hooli-xyz', '9003', 0, NULL, 'created', 'changed', '["manifests/companies.yaml",20,7]', 'batch/update', NULL, '{"lifecyclestage":["customer","lead","changed",[14,7]]}', '{}', 'unknown', '{"message":"no answer"}'),
(7654321, '20261122T194501Z-0004', 2, 1, 'create', 'companies', 'external_id', 'wayne', NULL, 0, NULL, NULL, 'missing', '["manifests/companies.yaml",14,7]', 'batch/upsert', 'external_id', '{"name":[null,"Wayne","missing",[14,7]]}', '{}', NULL, NULL),
(7654322, '20261122T184501Z-0001', 0, NULL, 'adopt', 'companies', 'external_id', 'acme', '9001', 0, NULL, 'adopted', 'in step', '["manifests/companies.yaml",30,7]', NULL, NULL, '{}', '{}', 'applied', '{"answered":{},"is_new":null,"record_id":"9001"}');
INSERT INTO locks ("portal_id", "fence", "actor", "acquired_at", "heartbeat_at", "expires_at") VALUES
(7654321, 4, '{"commit":"5f0c2e1","host":"build-7","pid":4242,"run_url":"https://ci.example/runs/1","user":"ada"}', '2026-11-22 19:45:01.000000', '2026-11-22 19:45:01.000000', '2026-11-22 19:46:01.000000'),
(7654322, 1, NULL, NULL, NULL, NULL);
INSERT INTO owned ("portal_id", "object", "by", "key", "record_id", "origin", "sent", "answered", "protected", "serial") VALUES
(7654321, 'companies', 'erp_no', 'E9001', '9001', 'adopted', '{"name":"Acme AG"}', NULL, 0, 3),
(7654321, 'companies', 'external_id', 'acme', '9001', 'created', '{"name":"Acme SE","phone":null}', NULL, 0, 4),
(7654321, 'companies', 'external_id', 'hooli-xyz', '9003', 'created', '{"external_id":"hooli-xyz","name":"Hooli XYZ","tier":"gold"}', NULL, 0, 2),
(7654321, 'companies', 'external_id', 'initech', '9005', 'adopted', '{"name":"Initech","note":null}', NULL, 1, 1),
(7654321, 'companies', 'record_id', '9005', '9005', 'created', '{"city":"Berlin"}', NULL, 0, 3),
(7654321, 'contacts', 'email', 'ada@acme.example', '501', 'adopted', '{"firstname":"Ada"}', NULL, 0, 3),
(7654322, 'companies', 'external_id', 'acme', '9001', 'adopted', '{"name":"Acme"}', NULL, 1, 1);
INSERT INTO prune_rules ("portal_id", "object", "by", "prune") VALUES
(7654321, 'companies', 'external_id', 'true');
