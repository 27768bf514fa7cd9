"""Many runs in one go: scenarios, levels and members, on one machine or a cluster; resumed, gathered."""

from __future__ import annotations

from simulator.batch.jobs import PAGE, Job, Progress, central_jobs, is_done, plan, run_all, run_job

__all__ = ["PAGE", "Job", "Progress", "central_jobs", "is_done", "plan", "run_all", "run_job"]
