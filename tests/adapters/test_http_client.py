"""A device that never loses an unacknowledged reading: against a real server that fails on purpose."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nicu_dashboard.adapters.http_client import HttpClient, ServerRefused, as_json
from nicu_dashboard.domain.vitals import Measured, NoValue, Reading


class Hospital(ThreadingHTTPServer):
    """Answers what the test wrote down, then takes everything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Desk)
        self.answers: list[int] = []
        self.taken: list[dict[str, object]] = []
        self.keys: list[str | None] = []

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Desk(BaseHTTPRequestHandler):
    """One request; status 0 breaks the connection off without an answer."""

    server: Hospital

    def do_POST(self) -> None:
        items = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.keys.append(self.headers.get("Authorization"))
        status = self.server.answers.pop(0) if self.server.answers else 202
        if status == 0:
            self.close_connection = True
            return
        if status == 202:
            self.server.taken += items
        answer = {"accepted": len(items), "duplicates": 0, "rejected": []} if status == 202 else {"detail": "not now"}
        body = json.dumps(answer).encode()
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "7")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    """A server in a thread of its own."""
    with Hospital() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(hospital: Hospital) -> Iterator[HttpClient]:
    """A client of it that has been acknowledged once."""
    client = HttpClient(hospital.url, "key", kept=5)
    client.add([reading(0)])
    assert client.deliver(0)
    yield client
    client.close()


def reading(second: int) -> Reading:
    """One reading, known by its heart rate."""
    return Reading("NICU-01", second * 1_000, {"heart_rate": 100.0 + second}, "monitor", "simulated")


def rates(hospital: Hospital) -> list[object]:
    """The heart rates that were acknowledged."""
    return [item["heart_rate"] for item in hospital.taken]


def test_what_a_server_could_not_store_is_sent_again_when_it_said(hospital: Hospital, client: HttpClient) -> None:
    hospital.answers = [503]
    client.add([reading(1)])
    assert not client.deliver(1_000)
    assert client.trouble is not None
    client.add([reading(2)])
    assert not client.deliver(7_999)
    assert client.deliver(8_000)
    assert rates(hospital) == [100, 101, 102]
    assert (client.delivered.accepted, client.delivered.resent, client.waiting) == (3, 2, 0)


def test_a_connection_that_breaks_without_an_answer_is_no_acknowledgement(
    hospital: Hospital, client: HttpClient
) -> None:
    hospital.answers = [0]
    client.add([reading(1)])
    assert not client.deliver(1_000)
    assert client.deliver(2_000)
    assert rates(hospital) == [100, 101]


def test_the_buffer_is_bounded_and_what_is_lost_is_counted(hospital: Hospital, client: HttpClient) -> None:
    hospital.answers = [503]
    client.add(reading(second) for second in range(1, 9))
    client.deliver(1_000)
    assert (client.waiting, client.delivered.lost) == (5, 3)
    assert client.deliver(60_000)
    assert rates(hospital) == [100, 104, 105, 106, 107, 108]


def test_a_refusal_is_not_tried_again(hospital: Hospital, client: HttpClient) -> None:
    hospital.answers = [401]
    client.add([reading(1)])
    with pytest.raises(ServerRefused, match=r"refuses \(401\): not now"):
        client.deliver(1_000)
    assert hospital.keys == ["Bearer key", "Bearer key"]


def test_a_server_that_was_never_there_is_told_at_once() -> None:
    client = HttpClient("http://127.0.0.1:9")
    client.add([reading(0)])
    with pytest.raises(ServerRefused, match="no server answers"):
        client.deliver(0)
    client.close()


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://host", "http://", "", "http://[::"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ServerRefused, match="is not the address of a server"):
        HttpClient(address)


def test_a_reading_goes_as_the_wire_wants_it() -> None:
    values: dict[str, Measured] = {"spo2": NoValue("probe off"), "heart_rate": 151.0}
    assert as_json(Reading("NICU-01", 1_704_067_200_000, values, "simulator", "simulated")) == {
        "cot": "NICU-01",
        "recorded_at": "2024-01-01T00:00:00.000Z",
        "source": "simulator",
        "synthetic": True,
        "heart_rate": 151.0,
        "no_value": {"spo2": "probe off"},
    }
