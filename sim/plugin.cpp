// Schedulers register themselves when their object file is loaded: built-in ones before main(),
// those of a plug-in inside dlopen(). No exception may cross either, so what is wrong with a
// plug-in is noted here and thrown afterwards.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "sim/registry.hpp"

namespace sharesim {
namespace {

struct Candidate {
  SchedulerInfo info;
  SchedulerFactory factory;
};

/// What the plug-in that is being loaded has registered so far.
struct Loading {
  std::vector<Candidate> candidates;
  bool other_interface = false;
};

Loading* loading = nullptr;  ///< null unless load_plugin() is inside dlopen()

[[noreturn]] void abort_with(const std::string& message) {
  std::fprintf(stderr, "sharesim: %s\n", message.c_str());
  std::abort();
}

/// What keeps the candidates from being taken in, or "".
std::string flaw_of(const Loading& plugin) {
  if (plugin.other_interface)
    return "was built for another scheduler interface; build it again with the headers of this "
           "sharesim (interface " +
           std::to_string(kSchedulerInterface) + ")";
  if (plugin.candidates.empty())
    return "registers no scheduler, or has been loaded before; it must end with a Registration";
  for (std::size_t i = 0; i < plugin.candidates.size(); ++i) {
    const SchedulerInfo& info = plugin.candidates[i].info;
    if (std::string flaw = flaw_of(info); !flaw.empty())
      return "registers the scheduler '" + info.name + "', which " + flaw;
    std::vector<const SchedulerInfo*> others = Registry::global().all();
    for (std::size_t j = 0; j < i; ++j) others.push_back(&plugin.candidates[j].info);
    for (const SchedulerInfo* other : others) {
      if (std::string clash = clash_of(info, *other); !clash.empty())
        return "registers the scheduler '" + info.name + "', which " + clash;
    }
  }
  return "";
}

}  // namespace

void register_scheduler(SchedulerInfo info, SchedulerFactory factory, int interface_of_caller) {
  // `info` comes by reference from the caller's frame: with another interface it must not be
  // touched.
  if (loading != nullptr) {
    if (interface_of_caller != kSchedulerInterface)
      loading->other_interface = true;
    else
      loading->candidates.push_back({std::move(info), factory});
    return;
  }
  if (interface_of_caller != kSchedulerInterface)
    abort_with("a built-in scheduler was compiled with other headers; rebuild everything");
  for (const SchedulerInfo* other : Registry::global().all()) {
    if (const std::string clash = clash_of(info, *other); !clash.empty())
      abort_with("the built-in scheduler '" + info.name + "' " + clash);
  }
  Registry::global().add(std::move(info), factory);
}

void load_plugin(const std::string& path) {
  const std::string what = "plug-in '" + path + "' ";
  // Without a slash dlopen() would search the system's library folders.
  const std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  Loading plugin;
  loading = &plugin;
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  loading = nullptr;
  if (handle == nullptr) {
    const char* const reason = dlerror();
    throw InputError(what + "cannot be loaded: " + (reason != nullptr ? reason : "unknown reason"));
  }
  if (const std::string flaw = flaw_of(plugin); !flaw.empty()) {
    plugin.candidates.clear();  // while the code that made them is still there
    dlclose(handle);
    throw InputError(what + flaw);
  }
  for (Candidate& candidate : plugin.candidates)
    Registry::global().add(std::move(candidate.info), candidate.factory);
}

}  // namespace sharesim
