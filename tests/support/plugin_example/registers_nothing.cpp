// A plug-in that forgot its Registration.

#include "sim/registry.hpp"

namespace {

using namespace sharesim;

[[maybe_unused]] const ParameterInfo kUnused = slice_parameter();

}  // namespace
