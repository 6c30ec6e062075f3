"""How many connections are kept follows from where the program runs, and a server asked for too many is warned of."""

import pytest

from nicu_dashboard.adapters.sql.addresses.pools import deployment, over_limit, pool_settings


@pytest.mark.parametrize(
    ("environ", "name", "size"),
    [
        ({}, "server", 10),
        ({"VERCEL": "1"}, "serverless", 3),
        ({"AWS_LAMBDA_FUNCTION_NAME": "nicu"}, "serverless", 3),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "container", 10),
        ({"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/1"}, "container", 10),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1", "VERCEL": "1"}, "serverless", 3),
        ({"VERCEL": ""}, "server", 10),
    ],
)
def test_the_deployment_gives_the_size(environ: dict[str, str], name: str, size: int) -> None:
    assert deployment(environ).name == name
    assert pool_settings(environ).size == size


def test_the_environment_goes_before_the_url_and_that_before_the_deployment() -> None:
    assert pool_settings({}, connection_limit=7).size == 7
    assert pool_settings({"DB_POOL_SIZE": "12"}, connection_limit=7).size == 12


@pytest.mark.parametrize(("wait_ms", "seconds"), [("100", 2), ("3000", 3), ("3001", 4), ("20000", 20)])
def test_libpq_waits_as_long_as_the_pool_but_never_less_than_it_can(wait_ms: str, seconds: int) -> None:
    pool = pool_settings({"DB_CONNECT_TIMEOUT": wait_ms})
    assert (pool.wait_ms, pool.connect_timeout_s) == (int(wait_ms), seconds)


def test_without_a_word_a_server_has_five_seconds_and_a_free_connection_ten() -> None:
    pool = pool_settings({})
    assert (pool.connect_timeout_s, pool.wait_ms, pool.idle_ms) == (5, 10_000, 60_000)


def test_pools_that_fit_the_server_raise_no_warning() -> None:
    assert over_limit(workers=4, pool_size=10, max_connections=100) is None
    assert over_limit(workers=1, pool_size=97, max_connections=100) is None


def test_pools_too_large_for_the_server_are_warned_of_with_the_size_that_fits() -> None:
    warning = over_limit(workers=4, pool_size=30, max_connections=100)
    assert warning is not None
    assert "may ask for 120 connections; the server offers 97" in warning
    assert "DB_POOL_SIZE=24" in warning
