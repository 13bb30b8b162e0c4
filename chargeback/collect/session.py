"""Everything that one run needs of the network, wired together: the only place that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from chargeback.collect.addresses import ANYWHERE, LOOPBACK_ONLY, PUBLIC_ONLY, PUBLIC_OR_LOOPBACK, Permit
from chargeback.collect.channel import Channel, DocumentsBreaker, FactsBreaker
from chargeback.collect.client import ApiClient
from chargeback.collect.clock import Clock, SystemClock
from chargeback.collect.credentials import Credentials, environment_secrets, other_secrets
from chargeback.collect.downloads import Downloader
from chargeback.collect.http_attempt import HttpAttempt, tls_context
from chargeback.collect.large_answers import LargeAnswers
from chargeback.collect.proxies import Proxies, proxies_of
from chargeback.collect.retries import SYSTEM_RANDOM, Retries
from chargeback.collect.run_time import RunTime
from chargeback.collect.task_pool import TaskPool
from chargeback.config import Config, Endpoint, endpoint_of
from chargeback.config.endpoint import is_on_loopback
from chargeback.evidence import Store
from chargeback.evidence.gate import Gate, begin


class Session(Struct, frozen=True):
    """One run's clock, limits, credentials, API and downloads; threads share it."""

    endpoint: str
    clock: Clock
    run_time: RunTime
    credentials: Credentials
    api: ApiClient
    downloads: Downloader
    proxies: Proxies
    gate: Gate
    large: LargeAnswers
    concurrency: int

    def task_pool(self, progress: Callable[[int, int], None]) -> TaskPool:
        """A pool of threads for calls, of which one at a time holds a large answer."""
        return TaskPool(self.concurrency, self.stop, progress, self.large.task)

    def stop(self) -> None:
        """End every call now, also those that other threads wait on: they raise ``InterruptedRunError``."""
        self.run_time.stop()


@contextmanager
def open_session(
    config: Config,
    environ: Mapping[str, str],
    store: Store,
    *,
    clock: Clock | None = None,
    random: Callable[[], float] = SYSTEM_RANDOM,
) -> Iterator[Session]:
    """A session whose run's time begins now; ``ConfigurationError`` where the endpoint is none."""
    endpoint = endpoint_of(config, environ)
    run_time = RunTime(clock or SystemClock(), config.api.deadline)
    tls, connections, proxies = tls_context(environ), config.api.concurrency, proxies_of(environ)
    gate = begin()
    credentials = Credentials(config.api, environ, run_time.left, gate)
    gate.learn(*environment_secrets(config.accounts, environ))
    gate.learn(*proxies.secrets, *other_secrets(config, environ), of_platform=False)
    api_rule, document_rule = _api_rule(endpoint.url), _document_rule(endpoint.url)
    large = LargeAnswers(run_time)
    with (
        HttpAttempt(run_time, tls, api_rule, proxies, connections=connections, large=large) as calls,
        HttpAttempt(run_time, tls, document_rule, proxies, connections=connections, large=large) as files,
    ):
        yield _session(config, endpoint, credentials, gate, store, (calls, files), random, large)


def _session(
    config: Config,
    endpoint: Endpoint,
    credentials: Credentials,
    gate: Gate,
    store: Store,
    http_attempts: tuple[HttpAttempt, HttpAttempt],
    random: Callable[[], float],
    large: LargeAnswers,
) -> Session:
    calls, files = http_attempts
    run_time = calls.run_time
    to_api = Channel(
        calls, run_time, config.api.timeout, Retries(run_time, random), gate, FactsBreaker(), DocumentsBreaker()
    )
    api = ApiClient(endpoint, to_api, store)
    to_files = replace(to_api, http_attempt=files)
    downloads = Downloader(to_files, loopback_too=is_on_loopback(endpoint.url))
    for http_attempt in http_attempts:
        run_time.at_stop(http_attempt.abort)
    clock, concurrency = run_time.clock, config.api.concurrency
    return Session(endpoint.url, clock, run_time, credentials, api, downloads, calls.proxies, gate, large, concurrency)


def _api_rule(endpoint: str) -> Permit:
    """An endpoint of plain http stays on this machine, whatever its name resolves to."""
    return LOOPBACK_ONLY if urlsplit(endpoint).scheme == "http" else ANYWHERE


def _document_rule(endpoint: str) -> Permit:
    return PUBLIC_OR_LOOPBACK if is_on_loopback(endpoint) else PUBLIC_ONLY
