#include "bench/support/footprint.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <stdexcept>
#include <string>

#include "bench/support/stopwatch.hpp"

namespace sharesim::bench {
namespace {

/// A value of /proc/self/status that is in kB, such as VmRSS, in bytes.
std::uint64_t status_bytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == key + ":" && status >> kilobytes) return kilobytes * 1024;
  }
  throw std::runtime_error("/proc/self/status has no " + key);
}

/// Makes VmHWM, the most that was resident so far, begin again. See proc(5), clear_refs.
void forget_peak() {
  std::ofstream file("/proc/self/clear_refs");
  if (!(file << "5" << std::flush)) throw std::runtime_error("cannot write /proc/self/clear_refs");
}

Footprint measure(const std::function<std::uint64_t()>& work) {
  malloc_trim(0);
  forget_peak();
  const std::uint64_t before = status_bytes("VmRSS");
  Footprint footprint;
  const double begin = cpu_seconds();
  footprint.count = work();
  footprint.cpu_seconds = cpu_seconds() - begin;
  footprint.peak_bytes = status_bytes("VmHWM");
  footprint.grown_bytes = footprint.peak_bytes - before;
  return footprint;
}

[[noreturn]] void be_child(int out, const std::function<std::uint64_t()>& work) {
  try {
    const Footprint footprint = measure(work);
    const bool told = write(out, &footprint, sizeof footprint) == sizeof footprint;
    _exit(told ? 0 : 1);
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    _exit(1);
  }
}

}  // namespace

Footprint footprint_of(const std::function<std::uint64_t()>& work) {
  int ends[2] = {};
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child == 0) be_child(ends[1], work);
  close(ends[1]);
  Footprint footprint;
  const bool complete = read(ends[0], &footprint, sizeof footprint) == sizeof footprint;
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  if (!complete) throw std::runtime_error("the child process failed");
  return footprint;
}

}  // namespace sharesim::bench
