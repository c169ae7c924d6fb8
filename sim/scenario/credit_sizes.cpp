#include "sim/scenario/credit_sizes.hpp"

#include <algorithm>

namespace sharesim {
namespace {

constexpr std::int64_t kPercent = 10'000;  // of a CPU, in millionths
constexpr std::int64_t kLaunchPerVcpu = 30;

/// Amazon EC2 User Guide, "Key concepts for burstable performance instances": the table of credits
/// earned per hour, vCPUs and baseline utilization per vCPU (here in tenths of a percent); launch
/// credits from "Standard mode concepts". T3, T3a and T4g get none.
struct Ec2Size {
  const char* size;
  std::uint32_t vcpus;
  std::int64_t tenths;
};
constexpr Ec2Size kT2[] = {{"nano", 1, 50},    {"micro", 1, 100}, {"small", 1, 200},
                           {"medium", 2, 200}, {"large", 2, 300}, {"xlarge", 4, 225},
                           {"2xlarge", 8, 170}};
constexpr Ec2Size kT3[] = {{"nano", 2, 50},    {"micro", 2, 100}, {"small", 2, 200},
                           {"medium", 2, 200}, {"large", 2, 300}, {"xlarge", 4, 400},
                           {"2xlarge", 8, 400}};

/// Azure documentation, "B-series burstable virtual machine sizes": base performance of the machine (in
/// tenths of a percent; the page rounds B20ms's to 337 %, but not its 4860 credits) and initial credits,
/// 30 for each vCPU.
struct AzureSize {
  const char* name;
  std::uint32_t vcpus;
  std::int64_t tenths;
};
constexpr AzureSize kB[] = {{"B1ls", 1, 50},    {"B1s", 1, 100},     {"B1ms", 1, 200},
                            {"B2s", 2, 400},    {"B2ms", 2, 600},    {"B4ms", 4, 900},
                            {"B8ms", 8, 1350},  {"B12ms", 12, 2020}, {"B16ms", 16, 2700},
                            {"B20ms", 20, 3375}};

std::vector<CreditSize> all_sizes() {
  std::vector<CreditSize> sizes;
  const auto add_ec2 = [&](const std::string& family, const Ec2Size& row, std::int64_t launch) {
    sizes.push_back({.name = family + "." + row.size,
                     .baseline = row.tenths * kPercent / 10 * row.vcpus,
                     .vcpus = row.vcpus,
                     .launch = launch * row.vcpus,
                     .may_be_unlimited = true});
  };
  for (const Ec2Size& row : kT2) add_ec2("t2", row, kLaunchPerVcpu);
  for (const char* family : {"t3", "t3a", "t4g"}) {
    for (const Ec2Size& row : kT3) add_ec2(family, row, 0);
  }
  for (const AzureSize& row : kB) {
    sizes.push_back({.name = row.name,
                     .baseline = row.tenths * kPercent / 10,
                     .vcpus = row.vcpus,
                     .initial = kLaunchPerVcpu * row.vcpus});
  }
  return sizes;
}

}  // namespace

const std::vector<CreditSize>& credit_sizes() {
  static const std::vector<CreditSize> kAll = all_sizes();
  return kAll;
}

const CreditSize* find_credit_size(std::string_view name) {
  const auto found = std::find_if(credit_sizes().begin(), credit_sizes().end(),
                                  [name](const CreditSize& size) { return size.name == name; });
  return found == credit_sizes().end() ? nullptr : &*found;
}

}  // namespace sharesim
