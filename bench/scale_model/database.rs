//! The instances that the tables are on.

use crate::price::DATABASE_XLARGE_HOUR;

/// Bytes a second, and more of them for a while.
#[derive(Clone, Copy)]
pub(crate) struct Bandwidth {
    pub(crate) sustained: f64,
    pub(crate) burst: f64,
    pub(crate) burst_seconds: f64,
}

impl Bandwidth {
    const fn steady(sustained: f64) -> Self {
        Self { sustained, burst: sustained, burst_seconds: 0.0 }
    }

    /// For a while at most once a day; and never more than the volume has.
    const fn of_disk(sustained: f64, burst: f64, volume: f64) -> Self {
        Self {
            sustained: sustained.min(volume),
            burst: burst.min(volume),
            burst_seconds: DISK_BURST,
        }
    }

    /// Seconds that so many bytes take after a rest.
    pub(crate) fn seconds(self, bytes: f64) -> f64 {
        let in_burst = self.burst * self.burst_seconds;
        if bytes <= in_burst {
            bytes / self.burst
        } else {
            self.burst_seconds + (bytes - in_burst) / self.sustained
        }
    }
}

/// A class of instance, with a volume.
#[derive(Clone, Copy)]
pub(crate) struct Database {
    pub(crate) name: &'static str,
    pub(crate) vcpus: f64,
    pub(crate) memory: f64,
    pub(crate) network: Bandwidth,
    /// Of the instance or of its gp3 volume, whichever is less.
    pub(crate) disk: Bandwidth,
    pub(crate) dollars_an_hour: f64,
}

const GIB: f64 = (1_u64 << 30) as f64;

/// Bytes a second.
const GBPS: f64 = 1e9 / 8.0;

/// How long an instance may exceed its network's baseline: EC2 says 5 to 60 minutes.
const NETWORK_BURST: f64 = 5.0 * 60.0;

/// How long it may exceed that of its volumes: EC2 says 30 minutes, at least once a day.
const DISK_BURST: f64 = 30.0 * 60.0;

/// Bytes a second of a volume from 400 GiB on, of which RDS makes four stripes.
const GP3: f64 = 500e6;

/// The most bytes a second of such a volume.
const GP3_AT_MOST: f64 = 4000e6;

// <https://docs.aws.amazon.com/ec2/latest/instancetypes/mo.html>
// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>
pub(crate) const XLARGE: Database = Database {
    name: "db.r8g.xlarge",
    vcpus: 4.0,
    memory: 32.0 * GIB,
    network: Bandwidth {
        sustained: 1.876 * GBPS,
        burst: 12.5 * GBPS,
        burst_seconds: NETWORK_BURST,
    },
    disk: Bandwidth::of_disk(1.25 * GBPS, 10.0 * GBPS, GP3),
    dollars_an_hour: DATABASE_XLARGE_HOUR,
};

pub(crate) const XLARGE_16: Database = Database {
    name: "db.r8g.16xlarge",
    vcpus: 64.0,
    memory: 512.0 * GIB,
    network: Bandwidth::steady(30.0 * GBPS),
    disk: Bandwidth::of_disk(20.0 * GBPS, 20.0 * GBPS, GP3_AT_MOST),
    dollars_an_hour: 16.0 * DATABASE_XLARGE_HOUR,
};

/// The network of r8g.4xlarge, on which DuckDB runs.
pub(crate) const XLARGE_4_NETWORK: Bandwidth =
    Bandwidth { sustained: 7.5 * GBPS, burst: 15.0 * GBPS, burst_seconds: NETWORK_BURST };

impl Database {
    /// How much of a table PostgreSQL and the system keep in memory together.
    pub(crate) const CACHED: f64 = 0.75;

    pub(crate) fn keeps_in_memory(&self, bytes: f64) -> bool {
        bytes <= self.memory * Self::CACHED
    }
}
