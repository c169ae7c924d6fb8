# The files that the report is made of, below plots/, in the order in which they stand in the page.
set(REPORT_FRAME report/frame.html)
set(REPORT_STYLE vendor/uplot/uPlot.min.css report/page.css report/charts.css)
set(REPORT_CHARTS vendor/uplot/uPlot.iife.min.js)
set(REPORT_SCRIPT
    report/begin.js
    report/format.js
    report/run.js
    report/resample.js
    report/view.js
    report/plot.js
    report/strip.js
    report/gantt.js
    report/charts.js
    report/tables.js
    report/page.js
    report/end.js)
