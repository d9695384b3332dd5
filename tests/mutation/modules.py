"""The modules that decide, and the tests that would notice a fault in each: the likeliest first."""

MODULES: dict[str, tuple[str, ...]] = {
    "reconciler/model/values.py": (
        "tests/model",
        "tests/plan/test_comparing.py",
        "tests/plan/test_spelled_alike.py",
    ),
    "reconciler/hubspot/retries.py": ("tests/hubspot/test_retries.py", "tests/hubspot/test_pacing.py"),
    "reconciler/hubspot/pacing.py": ("tests/hubspot/test_pacing.py", "tests/hubspot/test_client.py"),
    "reconciler/hubspot/window.py": ("tests/hubspot/test_window.py", "tests/hubspot/test_pacing.py"),
    "reconciler/hubspot/joining.py": ("tests/hubspot/test_joining.py", "tests/hubspot/test_live.py"),
    "reconciler/manifest/overlays.py": (
        "tests/manifest/test_overlays.py",
        "tests/manifest/test_load.py",
        "tests/manifest/test_records.py",
        "tests/manifest/test_associations.py",
    ),
    "reconciler/sealed.py": ("tests/cli/test_sealed.py",),
    "reconciler/plan/budget.py": ("tests/plan/test_budget.py", "tests/cli/test_budget.py"),
    "reconciler/plan/guards.py": ("tests/plan/test_guards.py", "tests/cli/test_guards.py"),
    "reconciler/plan/verdict.py": ("tests/plan/test_verdict.py", "tests/plan"),
    "reconciler/plan/judging.py": ("tests/plan/test_judging.py", "tests/plan"),
    "reconciler/plan/identity.py": ("tests/plan", "tests/drift"),
    "reconciler/plan/leftovers.py": ("tests/plan/test_leftovers.py", "tests/plan", "tests/cli/test_keys.py"),
    "reconciler/plan/undo.py": ("tests/plan/test_undo.py", "tests/plan", "tests/cli/test_rollback.py"),
    "reconciler/apply/settle.py": ("tests/apply", "tests/crash"),
    "reconciler/apply/deliver.py": ("tests/apply/test_deliver.py", "tests/apply", "tests/crash"),
    "reconciler/apply/ownership.py": ("tests/apply/test_ownership.py", "tests/apply", "tests/state"),
    "reconciler/state/ownership.py": ("tests/state", "tests/apply"),
    "reconciler/state/lock.py": ("tests/state/test_lock.py", "tests/state"),
    "reconciler/report/mask.py": ("tests/report/test_mask.py", "tests/report"),
}
"""Files or folders of tests, in the order in which they run."""
