"""What it says of this machine's network, against what Python and the kernel say."""

import ipaddress
import socket
import struct
from pathlib import Path

import netifaces
import pytest

LOOPBACK = next(name for _, name in socket.if_nameindex() if name in {"lo", "lo0"})
ROUTES = Path("/proc/net/route")


def test_the_interfaces_are_those_that_the_system_names():
    names = netifaces.interfaces()
    assert len(names) == len(set(names))
    assert set(names) == {name for _, name in socket.if_nameindex()}


def test_the_loopback_has_its_address():
    [*_, entry] = [
        entry
        for entry in netifaces.ifaddresses(LOOPBACK)[netifaces.AF_INET]
        if entry["addr"] == "127.0.0.1"
    ]
    assert entry["netmask"] == "255.0.0.0"
    assert entry["peer"] == "127.0.0.1"


def test_every_address_is_one():
    for name in netifaces.interfaces():
        addresses = netifaces.ifaddresses(name)
        for entry in addresses.get(netifaces.AF_INET, ()):
            assert ipaddress.IPv4Address(entry["addr"])
            assert ipaddress.ip_network(f"{entry['addr']}/{entry['netmask']}", strict=False)
            if "broadcast" in entry:
                assert ipaddress.IPv4Address(entry["broadcast"])
        for entry in addresses.get(netifaces.AF_INET6, ()):
            assert ipaddress.IPv6Address(entry["addr"].partition("%")[0])


@pytest.mark.skipif(not hasattr(netifaces, "AF_PACKET"), reason="only Linux has AF_PACKET")
def test_hardware_addresses_are_the_kernels():
    seen = 0
    for name in netifaces.interfaces():
        for entry in netifaces.ifaddresses(name).get(netifaces.AF_PACKET, ()):
            assert entry["addr"] == Path(f"/sys/class/net/{name}/address").read_text().strip()
            seen += 1
    assert seen


def test_families_have_names():
    assert netifaces.address_families[netifaces.AF_INET] == "AF_INET"
    assert netifaces.AF_INET == socket.AF_INET
    assert netifaces.AF_INET6 == socket.AF_INET6


def test_gateways_are_those_of_the_routing_table():
    gateways = netifaces.gateways()
    listed = {entry[:2] for entry in gateways.get(netifaces.AF_INET, ())}
    default = gateways["default"].get(netifaces.AF_INET)
    assert default is None or tuple(default) in listed
    if ROUTES.exists():
        assert listed == routed()


def routed():
    """Gateways and interfaces of the default routes, as the kernel's table has them."""
    rows = [line.split() for line in ROUTES.read_text().splitlines()[1:]]
    return {
        (socket.inet_ntoa(struct.pack("=L", int(gateway, 16))), name)
        for name, destination, gateway, *_ in rows
        if int(destination, 16) == 0 and int(gateway, 16)
    }


def test_an_unknown_interface_is_an_exception():
    with pytest.raises(ValueError, match="interface"):
        netifaces.ifaddresses("no such one")
