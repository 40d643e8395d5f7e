// Each prints the ratios of its file, one a line.
#pragma once

namespace trainyard::bench {

void report_formats();
void report_functions();
void report_matmul();
void report_elementwise();
void report_program();

}  // namespace trainyard::bench
