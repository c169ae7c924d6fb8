#pragma once
// The ways in which runtimes turn cpu.shares (cgroup v1, Docker, Kubernetes) into cpu.weight.

#include <cstdint>

namespace sharesim {

/// 1 + (shares - 2) * 9999 / 262142: runc before 1.3.2, crun before 1.23.
std::int64_t weight_by_line(std::int64_t shares);

/// ceil(10^((l^2 + 125 l) / 612 - 7/34)), l = log2(shares): runc since 1.3.2, crun since 1.23
/// (opencontainers/cgroups, ConvertCPUSharesToCgroupV2Value). 1024 is 100; ratios are bent.
std::int64_t weight_by_curve(std::int64_t shares);

/// The fewest shares, 2 to 262144, of which weight_by_curve() makes at least `weight`, 1 to 10000.
std::int64_t shares_for_curve(std::int64_t weight);

}  // namespace sharesim
