// Content of any size for benchmarks: HTML like a notification's, base64 of nothing in particular. The same on each call.
#pragma once
#include <string>

namespace sluice::test {

// Tables, inline styles, one link per paragraph. `paragraph(n)` gives the n-th text.
template <class Paragraph>
std::string made_html(std::size_t size, Paragraph paragraph) {
  std::string out = "<html><head><title>News</title><style>.pre{display:none} td{font-family:Arial}</style></head><body>\r\n";
  for (std::size_t n = 0; out.size() < size; ++n) {
    out += "<table width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td align=\"left\" style=\"font-family:Arial,Helvetica,"
           "sans-serif;font-size:14px;line-height:20px;color:#333333;padding:10px 20px\" class=\"text\">\r\n";
    out += paragraph(n);
    out += "<a href=\"https://click.example.com/ls/click?upn=u001." + std::string(120, 'x') + "&amp;n=" + std::to_string(n) +
           "\" style=\"color:#0066cc;text-decoration:none\">Show the details&nbsp;&raquo;</a></td></tr></table>\r\n";
  }
  return out + "</body></html>\r\n";
}

inline std::string made_base64(std::size_t size) {
  std::string line(76, 'A'), out;
  unsigned state = 1;
  while (out.size() < size) {
    for (char& c : line) {
      state = state * 1103515245u + 12345u;
      c = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(state >> 16) & 63];
    }
    out += line + "\r\n";
  }
  return out;
}

}  // namespace sluice::test
