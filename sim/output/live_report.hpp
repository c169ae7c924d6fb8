#pragma once
// What there is to say of a live run beside its Result: how far it can be trusted.

#include <memory>
#include <string>
#include <vector>

#include "sim/cgroup/live.hpp"
#include "sim/output/entities.hpp"
#include "sim/output/grid.hpp"
#include "sim/output/out_file.hpp"
#include "sim/output/sink.hpp"
#include "sim/record/result.hpp"

namespace sharesim {

/// A live run, once it is over.
struct LiveReport {
  std::string kernel;  ///< as `uname -r` prints it
  cgroup::Version version = cgroup::Version::kV2;
  std::vector<CpuId> cpus;  ///< the machine's; the k-th is the workload's CPU k
  cgroup::LiveSample last;  ///< the kernel's account
  cgroup::LiveSummary summary;
};

/// What run_table() says, and two lines on the machine and on others who used it.
std::string live_table_text(const Result& result, const LiveReport& report,
                            const TableStyle& style);

/// live.json: the machine, the disturbances, and of each entity the kernel's account beside what its
/// processes saw.
void write_live_json(Sink& sink, const Result& result, const LiveReport& report);

/// usage.csv, a row per sample and entity, cumulative: time_ns,entity,kind,usage_ns,throttled_ns.
class UsageWriter {
 public:
  /// Writes the heading. `file` must outlive this.
  UsageWriter(OutFile& file, std::shared_ptr<const CsvPaths> paths);
  void add(const cgroup::LiveSample& sample);

 private:
  OutFile& file_;
  std::shared_ptr<const CsvPaths> paths_;
};

}  // namespace sharesim
