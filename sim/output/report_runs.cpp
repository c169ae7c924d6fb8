#include "sim/output/report_runs.hpp"

#include <algorithm>

namespace sharesim {
namespace {

constexpr std::int64_t kFirstResolution = 1'000;  // ns

}  // namespace

void RunBlock::add(Part part) {
  for (Part& mine : parts) {
    if (mine.task == part.task || mine.task == kNoTask) {
      mine.task = part.task;
      mine.ran += part.ran;
      return;
    }
  }
  const auto least = std::min_element(parts.begin(), parts.end(),
                                      [](const Part& a, const Part& b) { return a.ran < b.ran; });
  if (least->ran < part.ran) std::swap(*least, part);
  others += part.ran;
}

void RunBlock::absorb(const RunBlock& later) {
  end = later.end;
  runs += later.runs;
  others += later.others;
  for (const Part& part : later.parts) {
    if (part.task != kNoTask) add(part);
  }
}

ReportRuns::ReportRuns(CpuId cpus, std::size_t most)
    : most_(std::max<std::size_t>(most, cpus)), by_cpu_(cpus) {}

void ReportRuns::run_end(CpuId cpu, TaskId task, Time begin, Time end, StopReason) {
  if (cpu >= by_cpu_.size() || begin >= end) return;
  ++runs_;
  RunBlock block{.begin = to_ns(begin), .end = to_ns(end), .parts = {}};
  block.parts[0] = {task, to_ns(end - begin)};
  std::vector<RunBlock>& blocks = by_cpu_[cpu];
  if (!blocks.empty() && may_join(blocks.back(), block)) {
    blocks.back().absorb(block);
    return;
  }
  blocks.push_back(block);
  ++size_;
  while (size_ > most_) coarsen();
}

/// What one task does without a break is one block anyway.
bool ReportRuns::may_join(const RunBlock& first, const RunBlock& next) const {
  const bool same = first.is_exact() && next.is_exact() && first.end == next.begin &&
                    first.parts[0].task == next.parts[0].task;
  return same || next.end - first.begin <= resolution_;
}

void ReportRuns::coarsen() {
  resolution_ = resolution_ == 0 ? kFirstResolution : 2 * resolution_;
  size_ = 0;
  for (std::vector<RunBlock>& blocks : by_cpu_) {
    std::size_t kept = 0;
    for (std::size_t i = 1; i < blocks.size(); ++i) {
      if (may_join(blocks[kept], blocks[i])) {
        blocks[kept].absorb(blocks[i]);
      } else {
        blocks[++kept] = blocks[i];
      }
    }
    if (!blocks.empty()) blocks.resize(kept + 1);
    size_ += blocks.size();
  }
}

}  // namespace sharesim
