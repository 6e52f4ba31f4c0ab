"""What the service counts, for Prometheus; one registry per application, none global."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counters and histograms of one application. Labels never hold ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "wardflow_http_answers", "Answers sent", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "wardflow_http_seconds",
            "Time to answer",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.decisions = Counter(
            "wardflow_decisions", "Decisions taken", ("method", "state"), registry=self.registry
        )
        self.decision_seconds = Histogram(
            "wardflow_decision_seconds",
            "Time of one decision in the solver",
            buckets=(0.0001, 0.0002, 0.0005, *_SECONDS),
            registry=self.registry,
        )
        self.refused = Counter(
            "wardflow_refused", "Commands refused because too many were under way", registry=self.registry
        )
        self.stale_answers = Counter(
            "wardflow_stale_answers",
            "Answers from memory because storage could not be asked",
            registry=self.registry,
        )
        self.unverified = Counter(
            "wardflow_unverified", "Decisions the referee did not confirm", registry=self.registry
        )
        self.solver_failures = Counter(
            "wardflow_solver_failures",
            "Batches without a plan of the solver process",
            ("reason",),
            registry=self.registry,
        )
        self.solver_contradictions = Counter(
            "wardflow_solver_contradictions",
            "Times the integer program called infeasible what a plan is known for, or broke a rule",
            ("kind",),
            registry=self.registry,
        )
        self.step_breaches = Counter(
            "wardflow_step_breaches",
            "Steps overdue or places declined, told to a level",
            ("step", "cause", "level"),
            registry=self.registry,
        )
        self.webhook_attempts = Counter(
            "wardflow_webhook_attempts", "Attempts to deliver events", ("outcome",), registry=self.registry
        )
        self.logins = Counter("wardflow_logins", "Logins tried", ("outcome",), registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer; methods nobody knows share a name, so that clients cannot make labels."""
        method = method if method in KNOWN_METHODS else "other"
        self._answers.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def watch(self, gauges: Mapping[str, tuple[str, Callable[[], float]]]) -> None:
        """Add gauges that are read when somebody looks: name -> (help, value)."""
        for name, (text, value) in gauges.items():
            Gauge(name, text, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
