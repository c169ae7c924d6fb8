#pragma once
// The files of plots/report and plots/vendor, as they were when the program was built.

#include <string_view>

namespace sharesim::report_assets {

extern const std::string_view kFrame;   ///< the page, with marks where the rest goes
extern const std::string_view kStyle;   ///< all CSS
extern const std::string_view kCharts;  ///< uPlot
extern const std::string_view kScript;  ///< all of the page's own JavaScript

}  // namespace sharesim::report_assets
