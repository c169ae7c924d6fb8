#pragma once
// Whether the kernel's spelling of a value is the value that was written.

#include <string_view>

#include "sim/cgroup/knob.hpp"

namespace sharesim::cgroup {

/// "30000 100000" is what "30000 100000" became; "0-1" is "0,1"; all negative quotas are -1.
bool same_value(Knob knob, std::string_view asked, std::string_view read);

/// Whether a list of words has this one.
bool has_word(std::string_view list, std::string_view word);

}  // namespace sharesim::cgroup
