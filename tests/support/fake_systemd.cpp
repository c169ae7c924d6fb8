#include "tests/support/fake_systemd.hpp"

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/core/cpu_set.hpp"

namespace sharesim::test {
namespace {

using cgroup::Answer;
using cgroup::Directory;
using cgroup::Got;
using cgroup::Knob;

/// The kernel's group of a unit, for reading.
class ReadOnlyGroup final : public Directory {
 public:
  explicit ReadOnlyGroup(std::map<Knob, std::string> files) : files_(std::move(files)) {}
  Got<std::unique_ptr<Directory>> open(const std::string&) override { return {nullptr, ENOENT}; }
  Got<std::unique_ptr<Directory>> again() override { return {nullptr, ENOENT}; }
  int make(const std::string&) override { return EPERM; }
  int remove(const std::string&) override { return EPERM; }
  Got<std::vector<std::string>> children() override { return {}; }
  Got<std::string> read(Knob knob) override {
    const auto file = files_.find(knob);
    return file == files_.end() ? Got<std::string>{"", ENOENT} : Got<std::string>{file->second, 0};
  }
  int write(Knob, std::string_view) override {
    ADD_FAILURE() << "a file of systemd's was written to";
    return EPERM;
  }
  int may_write(Knob) override { return EPERM; }
  int descriptor() const override { return -1; }

 private:
  const std::map<Knob, std::string> files_;
};

Got<std::unique_ptr<Directory>> group(std::map<Knob, std::string> files) {
  return {std::make_unique<ReadOnlyGroup>(std::move(files)), 0};
}
std::int64_t us_of(const std::string& percent) { return std::llround(std::stod(percent) * 10'000); }
std::string span(std::int64_t us) {
  if (us < 1'000) return fmt::format("{}us", us);
  if (us % 1'000 == 0 && us < 1'000'000) return fmt::format("{}ms", us / 1'000);
  if (us < 1'000'000) return fmt::format("{}.{:03}ms", us / 1'000, us % 1'000);
  if (us % 1'000'000 == 0) return fmt::format("{}s", us / 1'000'000);
  return fmt::format("{}.{:06}s", us / 1'000'000, us % 1'000'000);
}

}  // namespace

Answer FakeSystemd::show(const std::string& name) {
  if (const std::string trouble = before(calls++); !trouble.empty()) return {1, trouble};
  const auto unit = units.find(name);
  if (unit == units.end()) return {0, fmt::format("Id={}\nLoadState=not-found\n", name)};
  std::string text = fmt::format("Id={}\nLoadState=loaded\nSlice={}\nControlGroup=/{}/{}\n",
                                 unit->second.id.empty() ? name : unit->second.id,
                                 unit->second.slice, unit->second.slice, name);
  const auto& set = unit->second.set;
  const auto value = [&](const char* property, const std::string& otherwise) {
    const auto found = set.find(property);
    return found == set.end() || found->second.empty() ? otherwise : found->second;
  };
  text += "CPUWeight=" + value("CPUWeight", "[not set]") + "\n";
  // 20.00% is printed as 200ms of each second, 150.00% as 1.500000s, 50000us as 50ms.
  const std::string quota = value("CPUQuota", "");
  text += "CPUQuotaPerSecUSec=" + (quota.empty() ? "infinity" : span(us_of(quota))) + "\n";
  const std::string period = value("CPUQuotaPeriodSec", "");
  text += "CPUQuotaPeriodUSec=" + (period.empty() ? "infinity" : span(std::stoll(period))) + "\n";
  return {0, text + "AllowedCPUs=" + value("AllowedCPUs", "") + "\n"};
}

Answer FakeSystemd::set(const std::string& name, const std::string& assignment) {
  const std::size_t number = calls++;
  if (const std::string trouble = before(number); !trouble.empty()) return {1, trouble};
  const std::size_t equals = assignment.find('=');
  units.at(name).set[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  ++sets;
  if (const std::string trouble = after(number); !trouble.empty()) return {1, trouble};
  return {0, ""};
}

Got<std::unique_ptr<Directory>> FakeSystemd::group_at(const std::string& path) {
  if (path.empty()) return group({{Knob::kCpusetCpusEffective, cpus}});
  auto& set = units.at(path.substr(path.rfind('/') + 1)).set;
  const auto wished = CpuSet::parse(set["AllowedCPUs"]).value_or(CpuSet{});
  const CpuSet all = *CpuSet::parse(cpus);
  const CpuSet effective = (wished & all).empty() ? all : wished & all;
  const std::int64_t period =
      set["CPUQuotaPeriodSec"].empty() ? 100'000 : std::stoll(set["CPUQuotaPeriodSec"]);
  const bool idle = set["CPUWeight"] == "idle";
  return group({{Knob::kCpuWeight, idle ? "0" : set["CPUWeight"]},
                {Knob::kCpuIdle, idle ? "1" : "0"},
                {Knob::kCpuMax,
                 set["CPUQuota"].empty()
                     ? fmt::format("max {}", period)
                     : fmt::format("{} {}", us_of(set["CPUQuota"]) * period / 1'000'000, period)},
                {Knob::kCpusetCpusEffective, effective.to_string()}});
}
std::string FakeSystemd::to_string() const {
  std::string text;
  for (const auto& [name, unit] : units) {
    for (const auto& [property, value] : unit.set) {
      if (!value.empty()) text += fmt::format("{} {}={}\n", name, property, value);
    }
  }
  return text;
}

}  // namespace sharesim::test
