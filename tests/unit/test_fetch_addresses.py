"""Which addresses the guard lets through: nothing here dials anything."""

from ipaddress import ip_address, ip_network

import pytest

from aggregator.fetch.addresses import DOUBTFUL_PORTS, SERVICE_PORTS, AddressPolicy, meanings

PUBLIC = AddressPolicy()
HOME = AddressPolicy(allow_private=True)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("127.0.0.1", "private"),
        ("127.255.255.254", "private"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "private"),
        ("0.0.0.0", "the unspecified address"),
        ("0.1.2.3", "reserved"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "a cloud's metadata service"),
        ("168.63.129.16", "a cloud's metadata service"),
        ("100.100.100.200", "a cloud's metadata service"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "reserved"),
        ("192.88.99.1", "reserved"),
        ("198.18.0.1", "reserved"),
        ("203.0.113.1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "the unspecified address"),
        ("::1", "private"),
        ("fc00::1", "private"),
        ("fd00:ec2::254", "a cloud's metadata service"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "reserved"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "reserved"),
        ("3fff::1", "reserved"),
        ("100::1", "reserved"),
        ("64:ff9b:1::1", "reserved"),
        ("::ffff:127.0.0.1", "private"),
        ("::ffff:169.254.169.254", "a cloud's metadata service"),
        ("::ffff:0:127.0.0.1", "reserved"),
        ("::127.0.0.1", "reserved"),
        ("::8.8.8.8", "reserved"),
        ("64:ff9b::127.0.0.1", "private"),
        ("64:ff9b::a00:1", "private"),
        ("2002:7f00:1::1", "private"),
        ("2002:c0a8:101::", "private"),
        ("2001:0:7f00:1::", "reserved"),
        ("2001:0:808:808:0:0:80ff:fffe", "reserved"),
    ],
)
def test_an_address_that_is_not_public_is_refused_by_name(text: str, kind: str) -> None:
    assert PUBLIC.refusal(ip_address(text)) == kind


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]
)
def test_a_public_address_passes(text: str) -> None:
    assert PUBLIC.refusal(ip_address(text)) is None


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "fd12::1", "::ffff:127.0.0.1", "100.64.0.1"]
)
def test_a_feed_may_be_allowed_a_private_address(text: str) -> None:
    assert HOME.refusal(ip_address(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "::",
        "169.254.169.254",
        "169.254.1.1",
        "fe80::1",
        "224.0.0.1",
        "ff02::1",
        "100.100.100.200",
        "fd00:ec2::254",
        "168.63.129.16",
        "240.0.0.1",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
    ],
)
def test_a_private_feed_still_reaches_no_metadata_and_no_group(text: str) -> None:
    assert HOME.refusal(ip_address(text)) is not None


def test_an_allowed_network_opens_itself_and_nothing_else() -> None:
    policy = AddressPolicy(allow_networks=(ip_network("192.168.7.0/24"), ip_network("fd12::/16")))
    assert policy.refusal(ip_address("192.168.7.9")) is None
    assert policy.refusal(ip_address("::ffff:192.168.7.9")) is None
    assert policy.refusal(ip_address("fd12::9")) is None
    assert policy.refusal(ip_address("192.168.8.9")) == "private"
    assert policy.refusal(ip_address("127.0.0.1")) == "private"


def test_not_even_a_network_of_everything_opens_metadata_or_multicast() -> None:
    policy = AddressPolicy(allow_networks=(ip_network("0.0.0.0/0"), ip_network("::/0")))
    assert policy.refusal(ip_address("169.254.169.254")) == "a cloud's metadata service"
    assert policy.refusal(ip_address("224.0.0.1")) == "multicast"
    assert policy.refusal(ip_address("0.0.0.0")) == "the unspecified address"


def test_a_teredo_address_means_its_server_and_its_client_too() -> None:
    texts = [str(meant) for meant in meanings(ip_address("2001:0:808:808:0:0:80ff:fffe"))]
    assert texts == ["2001:0:808:808::80ff:fffe", "8.8.8.8", "127.0.0.1"]


def test_ports_of_services_are_blocked_and_those_of_the_web_are_not() -> None:
    blocked = SERVICE_PORTS | DOUBTFUL_PORTS
    assert {22, 25, 5432, 6379, 9000, 11211, 27017} <= blocked
    assert not {80, 443, 3000, 8000, 8080, 8443} & blocked
    # Servers of tests get their ports from this range.
    assert not {port for port in blocked if 32768 <= port <= 60999}


@pytest.mark.parametrize("port", [22, 25, 445, 3306, 5432, 6379, 9200, 11211, 27017])
def test_a_port_of_a_database_or_an_old_service_is_closed_at_home_too(port: int) -> None:
    networks = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    home = AddressPolicy(allow_private=True, allow_networks=networks)
    assert all(home.refuses_port(port, ip_address(text)) for text in ("192.168.7.9", "8.8.8.8", "::1"))


@pytest.mark.parametrize("port", [7000, 7001, 9000, 10080])
def test_a_port_on_which_home_servers_listen_is_open_at_home_alone(port: int) -> None:
    networked = AddressPolicy(allow_networks=(ip_network("192.168.7.0/24"),))
    assert not HOME.refuses_port(port, ip_address("192.168.7.9"))
    assert not networked.refuses_port(port, ip_address("192.168.7.9"))
    assert not networked.refuses_port(port, ip_address("::ffff:192.168.7.9"))
    assert networked.refuses_port(port, ip_address("8.8.8.8"))
    assert PUBLIC.refuses_port(port, ip_address("8.8.8.8"))
