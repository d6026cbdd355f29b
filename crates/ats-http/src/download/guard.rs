//! Which addresses a file may come from: those of the public internet.
//!
//! It owns the table. It must not know names: whatever a name leads to is judged as an address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that are not the public internet. IANA "IPv4 Special-Purpose Address Registry";
/// the last one is the metadata service of a large host, at an address that looks public.
const V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "an unspecified"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's private"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "a reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "a documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "a benchmark"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "a documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "a documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast"),
    (Ipv4Addr::BROADCAST, 32, "a broadcast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a metadata service's"),
];

/// Blocks within 2000::/3 and outside of it that deserve a name of their own, or are not public
/// although they look it. IANA "IPv6 Special-Purpose Address Registry".
const V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "an unspecified"),
    (Ipv6Addr::LOCALHOST, 128, "a loopback"),
    (v6(0x2001, 0x0db8), 32, "a documentation"),
    (v6(0x2001, 0), 23, "a tunnel's"),
    (v6(0x3fff, 0), 20, "a documentation"),
    (v6(0xfc00, 0), 7, "a private"),
    (v6(0xfe80, 0), 10, "a link-local"),
    (v6(0xfec0, 0), 10, "a private"),
    (v6(0xff00, 0), 8, "a multicast"),
];

/// Everything that is assigned to the public internet.
const GLOBAL: (Ipv6Addr, u32) = (v6(0x2000, 0), 3);
/// NAT64: the IPv4 address is in the last four bytes.
const NAT64: (Ipv6Addr, u32) = (v6(0x0064, 0xff9b), 96);
/// 6to4: the IPv4 address follows the first two bytes.
const SIX_TO_FOUR: (Ipv6Addr, u32) = (v6(0x2002, 0), 16);

const fn v6(first: u16, second: u16) -> Ipv6Addr {
    Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0)
}

/// What kind of address this is, with its article, if it is not one of the public internet.
pub(crate) fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    let within = |base: Ipv4Addr, prefix: u32| {
        let mask = u32::MAX << (32 - prefix);
        u32::from(address) & mask == u32::from(base)
    };
    let row = V4.iter().find(|(base, prefix, _)| within(*base, *prefix))?;
    Some(row.2)
}

fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = u128::from(address);
    let within = |base: Ipv6Addr, prefix: u32| {
        let mask = u128::MAX << (128 - prefix);
        bits & mask == u128::from(base)
    };
    // The casts cut the address down to the four bytes that are meant.
    let embedded = |shift: u32| forbidden_v4(Ipv4Addr::from((bits >> shift) as u32));
    if address.to_ipv4_mapped().is_some() {
        return embedded(0);
    }
    if within(NAT64.0, NAT64.1) {
        return embedded(0);
    }
    if within(SIX_TO_FOUR.0, SIX_TO_FOUR.1) {
        return embedded(80);
    }
    // ISATAP: whatever the network, the host part 0:5efe or 200:5efe is followed by an IPv4 address.
    if (bits >> 32) as u32 & 0xfdff_ffff == 0x5efe && embedded(0).is_some() {
        return embedded(0);
    }
    let row = V6.iter().find(|(base, prefix, _)| within(*base, *prefix));
    match row {
        Some((_, _, kind)) => Some(*kind),
        // What is not assigned, such as `::a.b.c.d` of old, is not reached either.
        None if !within(GLOBAL.0, GLOBAL.1) => Some("a reserved"),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(address: &str) -> Option<&'static str> {
        forbidden(address.parse().unwrap())
    }

    #[test]
    fn every_class_of_ipv4_is_known_from_its_first_to_its_last_address() {
        let classes = [
            ("0.0.0.0", "0.255.255.255", "an unspecified"),
            ("10.0.0.0", "10.255.255.255", "a private"),
            ("100.64.0.0", "100.127.255.255", "a carrier's private"),
            ("127.0.0.0", "127.255.255.255", "a loopback"),
            ("169.254.0.0", "169.254.255.255", "a link-local"),
            ("169.254.169.254", "169.254.169.254", "a link-local"),
            ("172.16.0.0", "172.31.255.255", "a private"),
            ("192.0.0.0", "192.0.0.255", "a reserved"),
            ("192.0.2.0", "192.0.2.255", "a documentation"),
            ("192.88.99.0", "192.88.99.255", "a relay"),
            ("192.168.0.0", "192.168.255.255", "a private"),
            ("198.18.0.0", "198.19.255.255", "a benchmark"),
            ("198.51.100.0", "198.51.100.255", "a documentation"),
            ("203.0.113.0", "203.0.113.255", "a documentation"),
            ("224.0.0.0", "239.255.255.255", "a multicast"),
            ("240.0.0.0", "255.255.255.254", "a reserved"),
            ("255.255.255.255", "255.255.255.255", "a broadcast"),
            ("168.63.129.16", "168.63.129.16", "a metadata service's"),
        ];
        for (first, last, kind) in classes {
            for address in [first, last] {
                assert_eq!(judge(address), Some(kind), "{address}");
                // However IPv6 spells it.
                assert_eq!(judge(&format!("::ffff:{address}")), Some(kind));
                assert_eq!(judge(&format!("64:ff9b::{address}")), Some(kind));
                assert_eq!(judge(&format!("2a00::5efe:{address}")), Some(kind));
                assert_eq!(judge(&format!("2a00::200:5efe:{address}")), Some(kind));
                let [a, b, c, d] = address.parse::<Ipv4Addr>().unwrap().octets();
                let wrapped = format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1");
                assert_eq!(judge(&wrapped), Some(kind), "{wrapped}");
            }
        }
    }

    #[test]
    fn the_neighbours_of_each_class_of_ipv4_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
        ] {
            assert_eq!(judge(address), None, "{address}");
            for wrapped in ["::ffff:", "64:ff9b::", "2a00::5efe:"] {
                assert_eq!(judge(&format!("{wrapped}{address}")), None, "{address}");
            }
        }
    }

    #[test]
    fn every_class_of_ipv6_is_known_from_its_first_to_its_last_address() {
        let classes = [
            ("::", "::", "an unspecified"),
            ("::1", "::1", "a loopback"),
            ("::2", "::5db8:d822", "a reserved"),
            ("64:ff9b:1::", "64:ff9b:1:ffff::", "a reserved"),
            ("100::", "100::ffff:ffff:ffff:ffff", "a reserved"),
            ("2001::", "2001:1ff:ffff::", "a tunnel's"),
            ("2001:db8::", "2001:db8:ffff::", "a documentation"),
            ("3fff::", "3fff:fff:ffff::", "a documentation"),
            ("4000::", "fbff:ffff::", "a reserved"),
            ("fc00::", "fdff:ffff::", "a private"),
            ("fd00:ec2::254", "fd00:ec2::254", "a private"),
            ("fe80::", "febf:ffff::", "a link-local"),
            ("fec0::", "feff:ffff::", "a private"),
            ("ff00::", "ffff:ffff::", "a multicast"),
        ];
        for (first, last, kind) in classes {
            assert_eq!(judge(first), Some(kind), "{first}");
            assert_eq!(judge(last), Some(kind), "{last}");
        }
    }

    #[test]
    fn public_ipv6_is_public() {
        for address in [
            "2000::1",
            "2001:200::1",
            "2001:db7:ffff::",
            "2001:db9::",
            "2002:808:808::1",
            "2606:4700:4700::1111",
            "3ffe:ffff::",
            "3fff:1000::",
        ] {
            assert_eq!(judge(address), None, "{address}");
        }
    }
}
