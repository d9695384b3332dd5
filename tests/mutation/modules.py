"""The modules to test, each with the tests that could notice a fault in it, the most likely first."""

MODULES: dict[str, tuple[str, ...]] = {
    "reconciler/model/canonical.py": (
        "tests/model",
        "tests/plan/test_equality.py",
        "tests/plan/test_spelled_alike.py",
    ),
    "reconciler/hubspot/transport/retries.py": (
        "tests/hubspot/test_retries.py",
        "tests/hubspot/test_rate_limiter.py",
    ),
    "reconciler/hubspot/transport/rate_limiter.py": (
        "tests/hubspot/test_rate_limiter.py",
        "tests/hubspot/test_client.py",
    ),
    "reconciler/hubspot/transport/rate_window.py": (
        "tests/hubspot/test_rate_window.py",
        "tests/hubspot/test_rate_limiter.py",
    ),
    "reconciler/hubspot/records/match_results.py": (
        "tests/hubspot/test_match_results.py",
        "tests/hubspot/test_read_records.py",
    ),
    "reconciler/manifest/overlays.py": (
        "tests/manifest/test_overlays.py",
        "tests/manifest/test_load.py",
        "tests/manifest/test_records.py",
        "tests/manifest/test_associations.py",
    ),
    "reconciler/encryption.py": ("tests/cli/test_encryption.py",),
    "reconciler/plan/budget.py": ("tests/plan/test_budget.py", "tests/cli/test_budget.py"),
    "reconciler/plan/guards.py": ("tests/plan/test_guards.py", "tests/cli/test_guards.py"),
    "reconciler/plan/records/three_way.py": ("tests/plan/test_three_way.py", "tests/plan"),
    "reconciler/plan/records/compare.py": ("tests/plan/test_compare_records.py", "tests/plan"),
    "reconciler/plan/records/compare_values.py": ("tests/plan/test_compare_records.py", "tests/plan"),
    "reconciler/plan/records/identity.py": (
        "tests/plan/test_identity.py",
        "tests/plan",
        "tests/reconcile/test_whole_worlds.py",
        "tests/drift",
    ),
    "reconciler/plan/records/sides.py": ("tests/plan/test_compare_records.py", "tests/plan"),
    "reconciler/plan/records/planner.py": (
        "tests/plan/test_record_planner.py",
        "tests/plan",
        "tests/reconcile/test_whole_worlds.py",
        "tests/reconcile/test_random_worlds.py",
        "tests/drift",
    ),
    "reconciler/plan/records/absent.py": (
        "tests/plan/test_record_planner.py",
        "tests/plan",
        "tests/reconcile/test_whole_worlds.py",
    ),
    "reconciler/plan/records/affected.py": (
        "tests/plan/test_record_planner.py",
        "tests/plan",
        "tests/reconcile/test_whole_worlds.py",
    ),
    "reconciler/plan/associations/endpoints.py": (
        "tests/plan/test_compare_associations.py",
        "tests/plan",
        "tests/reconcile/test_whole_worlds.py",
    ),
    "reconciler/plan/records/prune.py": ("tests/plan/test_prune.py", "tests/plan", "tests/cli/test_keys.py"),
    "reconciler/plan/records/rollback.py": (
        "tests/plan/test_rollback.py",
        "tests/plan",
        "tests/cli/test_rollback.py",
    ),
    "reconciler/plan/values/pipeline_stages.py": ("tests/plan/test_pipeline_stages.py", "tests/plan"),
    "reconciler/plan/associations/label_limits.py": (
        "tests/plan/test_single_labels.py",
        "tests/cli/test_label_limits.py",
    ),
    "reconciler/plan/associations/single_labels.py": (
        "tests/plan/test_single_labels.py",
        "tests/cli/test_foreseen.py",
    ),
    "reconciler/plan/consistency.py": ("tests/plan/test_consistency.py", "tests/plan/test_table.py"),
    "reconciler/plan/records/unique_values.py": (
        "tests/plan/test_unique_values.py",
        "tests/cli/test_foreseen.py",
    ),
    "reconciler/apply/records/answer_outcomes.py": ("tests/apply/test_answer_outcomes.py", "tests/apply"),
    "reconciler/apply/records/creation_evidence.py": ("tests/apply/test_settle.py", "tests/apply"),
    "reconciler/apply/records/stale.py": ("tests/apply/test_stale_changes.py", "tests/apply"),
    "reconciler/apply/records/settle.py": ("tests/apply/test_settle.py", "tests/apply", "tests/crash"),
    "reconciler/apply/records/send.py": (
        "tests/apply/test_lost_answers.py",
        "tests/apply",
        "tests/cli/test_lost_creates.py",
        "tests/crash",
    ),
    "reconciler/state/records/updates.py": (
        "tests/apply/test_state_updates.py",
        "tests/apply",
        "tests/state",
    ),
    "reconciler/state/records/rows.py": ("tests/state", "tests/apply"),
    "reconciler/state/lock.py": ("tests/state/test_lock.py", "tests/state"),
    "reconciler/report/masker.py": ("tests/report/test_mask.py", "tests/report"),
}
"""Files or folders of tests, in the order in which they run."""
