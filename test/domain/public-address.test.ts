import { describe, expect, it } from "vitest";
import { isAddress, isPublicAddress } from "../../src/domain/public-address.ts";

describe("an address", () => {
  it.each([
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:82a::200e",
    "2001:4860:4860::8888",
  ])("is public: %s", (address) => {
    expect([isAddress(address), isPublicAddress(address)]).toEqual([true, true]);
  });

  it.each([
    ["this network", "0.1.2.3"],
    ["private", "10.1.2.3"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["carrier-grade NAT", "100.64.0.1"],
    ["loopback", "127.8.8.8"],
    ["link-local, metadata", "169.254.169.254"],
    ["metadata of Azure", "168.63.129.16"],
    ["benchmarking", "198.19.0.1"],
    ["documentation", "203.0.113.7"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["IPv4-mapped", "::ffff:10.0.0.1"],
    ["IPv4-mapped, though public", "::ffff:1.1.1.1"],
    ["NAT64", "64:ff9b::7f00:1"],
    ["NAT64, local", "64:ff9b:1::1"],
    ["unique local, metadata", "fd00:ec2::254"],
    ["unique local", "fc00::1"],
    ["link-local", "fe80::1"],
    ["multicast", "ff02::1"],
    ["Teredo", "2001:0:4136:e378::1"],
    ["6to4", "2002:7f00:1::"],
    ["documentation", "2001:db8::1"],
    ["documentation", "3fff:1::1"],
  ])("is not public where it is %s: %s", (_kind, address) => {
    expect([isAddress(address), isPublicAddress(address)]).toEqual([true, false]);
  });

  it.each(["", "example.com", "1.2.3", "1.2.3.256", "::g", "1:2:3", "fe80::1%eth0", "a.b.c.d", "::1]/x["])(
    "is not what a text such as this is: %s",
    (text) => {
      expect([isAddress(text), isPublicAddress(text)]).toEqual([false, false]);
    },
  );
});
