// The report's own JavaScript: plain, without modules, because the page is opened from disk. The files
// stand in one function, in the order of files.cmake.
(function () {
"use strict";
