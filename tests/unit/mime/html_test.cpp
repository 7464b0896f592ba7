// What of an HTML text is seen, hidden, and seen by some readers only. Each text also goes through cut at every place and
// octet by octet.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "mime/html_reader.hpp"

using namespace sluice;
using mime::text_kind;

namespace {

struct recorder final : mime::html_sink {
  std::string text[8], links;
  void html_text(text_kind kind, byte_view t) override { text[static_cast<std::size_t>(kind)] += t; }
  void html_link(mime::link::origin from, byte_view target, byte_view shown, text_kind look) override {
    static constexpr const char* names[] = {"anchor", "form", "image", "area", "refresh", "other"};
    links += std::string(mime::name_of(look)) + " " + names[static_cast<std::size_t>(from)] + " " + std::string(target) + (shown.empty() ? "" : " [" + std::string(shown) + "]") + "\n";
  }
  std::string dump() const {
    std::string out = links;
    for (std::size_t i = 0; i < 8; ++i) out += std::string(mime::name_of(static_cast<text_kind>(i))) + ": " + text[i] + "\n";
    return out;
  }
};

recorder read(byte_view html, std::size_t first, std::size_t step) {
  recorder out;
  mime::html_reader reader;
  reader.start();
  reader.feed(html.substr(0, first), out);
  for (std::size_t i = first; i < html.size(); i += step) reader.feed(html.substr(i, step), out);
  reader.finish(out);
  return out;
}

recorder all_ways(byte_view html) {
  recorder whole = read(html, html.size(), 1);
  CHECK(read(html, 0, 1).dump() == whole.dump());
  for (std::size_t cut = 1; cut < html.size(); ++cut) {
    if (read(html, cut, html.size()).dump() == whole.dump()) continue;
    INFO("cut at " << cut << " of " << html);
    CHECK(false);
    break;
  }
  return whole;
}

// How the word "mark" comes out, and the link around it.
std::string look_of(byte_view html) {
  const recorder r = all_ways(html);
  for (std::size_t i = 0; i < 8; ++i)
    if (r.text[i].find("mark") != std::string::npos) return mime::name_of(static_cast<text_kind>(i));
  return "lost";
}
std::string styled(const std::string& style) { return look_of("<p>Before <span style=\"" + style + "\">mark</span>"); }
std::string ruled(const std::string& sheet, const std::string& tag) { return look_of("<style>" + sheet + "</style><" + tag + ">mark</" + tag.substr(0, tag.find(' ')) + ">"); }

}  // namespace

TEST_CASE("what all clients hide is hidden", "[html]") {
  for (const char* style : {"display:none", "DISPLAY : None ;", "color:red;display:none!important", "display:none ! important", "/**/display:none", "display/**/:none",
                            "font-size:0", "font-size:1px", "font-size:.5px", "font:0/0 a", "color:#fff", "color:white;", "color:rgb(255, 255, 255)", "display:none;max-height:0;overflow:hidden"}) {
    INFO(style);
    CHECK(styled(style) == "hidden");
  }
  CHECK(look_of("<div style=\"display:none;max-height:0px;overflow:hidden;mso-hide:all\">mark</div>Hello") == "hidden");
  CHECK(look_of("<div style=\"background-color:#000\"><font color=\"#000000\">mark</font></div>") == "hidden");
}

TEST_CASE("what no client understands hides nothing", "[html]") {
  for (const char* style : {"display:nonexist", "display:none foo", "display:no/**/ne", "dis play:none", "dis/**/play:none", "opacity:0foo", "font-size:0foo", "font-size:-1px", "font:0", "font:0px",
                            "color:#fffffff", "color:white foo", "color:rgb(255,255,255,1,1)", "color:rgbx(255,255,255)", "visibility:hiddenish", "clip:rect(0,0,0,0)", "left:-9999px",
                            "display:block!important;display:none", "color:#000!important;color:#fff", "font-size:16px!important;font-size:0", "display:none\v", "x:(];display:none;)",
                            "display:none                                                          foo"}) {
    INFO(style);
    CHECK(styled(style) == "visible");
  }
  CHECK(look_of("<div style=\"background:#fff foo\"><div style=\"background:#000;background:#fff foo\"><b style=\"color:#fff\">mark</b>") == "visible");
}

TEST_CASE("what some clients drop is doubtful", "[html]") {
  for (const char* style : {"visibility:hidden", "opacity:0", "opacity:0.01", "opacity:3%", "position:absolute;left:-9999px", "position:absolute;clip:rect(0,0,0,0)", "text-indent:-9999px",
                            "overflow:hidden;height:0", "max-height:0;overflow:hidden", "transform:scale(0)", "mso-hide:all", "color:transparent", "color:rgba(0,0,0,0)", "margin-left:-9999px",
                            "display:block;display:none", "display:none;display:foo", "font-size:16px;font-size:0", "{;display:none;}", "display:none;y:\\", "display:none;x:url(/*);display:block;y:*/", "display:none;x:url(a'b);display:block;y:'",
                            "display:none;x:'", "display:none;x:(", "font-size:1px;transform:scale(16)", "font-size:1px;zoom:16",
                            "color:#fff;text-shadow:0 0 1px #000", "-webkit-text-fill-color:#000;color:#fff"}) {
    INFO(style);
    CHECK(styled(style) == "doubtful");
  }
  CHECK(look_of("<p style=\"filter:invert(1)\"><b style=\"color:#fff\">mark") == "doubtful");
  CHECK(styled("color:#fff;text-shadow:none") == "hidden");
  CHECK(look_of("<p hidden>mark") == "doubtful");
  CHECK(look_of("<template>mark</template>") == "doubtful");
  CHECK(look_of("<p style=\"visibility:hidden\">a<b style=\"visibility:visible\">mark") == "visible");
}

TEST_CASE("a style sheet hides in doubt, and what it may show again is in doubt", "[html]") {
  CHECK(ruled(".a{display:none}", "p class=a") == "doubtful");
  CHECK(ruled(".a{display:none}", "p class=a style=\"display:block\"") == "visible");
  CHECK(ruled(".a{display:none}.a{display:block}", "p class=a") == "visible");
  CHECK(ruled("@media print{.a{display:none}}", "p class=a") == "visible");
  CHECK(ruled(".b{display:none}", "p class=a") == "visible");
  for (const char* sheet : {".a{display:block!important}", "p.a{display:block !important}", ".b.a{display:block!important}", ".x .a{display:block!important}", "p{display:block!important}",
                            "@media screen{.a{display:block!important}}", "*{display:block!important}", "[class]{display:block!important}", ".x,.a{display:block!important}",
                            ".a/* */{display:block!important}", ".a{content:\"}\";display:block!important}", "p:is(.a,.b){display:block!important}", ".x{color:red;.a{display:block!important}}",
                            "[x=\"a;{\"]{display:block!important}", ".\\61{display:block!important}", "<!-- .a{display:block!important} -->",
                            "[x='/*']{}.a{display:block!important}", "@import url(/*);.a{display:block!important}", "@import '{';.a{display:block!important}",
                            "@media x{@y}.a{display:block!important}", ".b{x:url(/*)}.a{display:block!important}", ".b{x:url(a'b)}.a{display:block!important}",
                            "@import url(a\"b);.a{display:block!important}", ".x\\({}.a{display:block!important}", ".b:not(/*(*/.x){}.a{display:block!important}",
                            ".b{x:\\};color:red}.a{display:block!important}", ".b{background:url(});color:red}.a{display:block!important}", ".a{x:\\};display:block!important}",
                            ".a{x:url(});display:block!important}"}) {
    INFO(sheet);
    CHECK(ruled(sheet, "p class=a style=\"display:none\"") == "doubtful");
  }
  CHECK(ruled(".b{display:block!important}", "p class=a style=\"display:none\"") == "hidden");
  CHECK(ruled(".a{display:block!important}", "p class=a style=\"display:none!important\"") == "hidden");
  CHECK(ruled(".a{color:#000!important}", "p class=a style=\"color:#fff\"") == "visible");
  CHECK(ruled(".a{font-size:16px!important}", "p class=a style=\"font-size:0\"") == "visible");
  CHECK(ruled(".a{background:#000!important}", "p class=a style=\"color:#fff;background:#fff\"") == "visible");
  CHECK(look_of("<style>.b{font-size:16px}</style><div style=\"font-size:0\"><p class=b>mark") == "visible");
  std::string many;
  for (int i = 0; i < 200; ++i) many += ".c" + std::to_string(i) + "{color:red}";
  CHECK(ruled(many + ".a{display:block!important}", "p class=a style=\"display:none\"") == "doubtful");
}

TEST_CASE("a hidden element ends where browsers end it", "[html]") {
  CHECK(look_of("<p style=\"display:none\">a<table><tr><td>mark") == "visible");
  CHECK(look_of("<h1 style=\"display:none\">a<h2>mark") == "visible");
  CHECK(look_of("<svg style=\"display:none\"><path/><div>mark") == "visible");
  CHECK(look_of("<select style=\"display:none\"><option>a<input>mark") == "visible");
  CHECK(look_of("<button style=\"display:none\">a<button>mark") == "visible");
  // What is not in a cell comes out in front of the table; a cell without a table, and a form in a form, are none.
  CHECK(look_of("<table style=\"display:none\">mark<tr><td>a</table>") == "doubtful");
  CHECK(look_of("<table style=\"display:none\"><tr><div>mark</div></table>") == "doubtful");
  CHECK(look_of("<table style=\"display:none\"><tr><td>mark</table>") == "hidden");
  CHECK(look_of("<td style=\"display:none\">mark") == "doubtful");
  CHECK(look_of("<form><form style=\"display:none\">mark") == "doubtful");
  CHECK(look_of("<head style=\"display:none\">mark") == "doubtful");
  CHECK(look_of("<b style=\"display:none\"><div style=\"color:red\"></b>mark") == "doubtful");
}

TEST_CASE("an unknown element that ends itself is open all the same", "[html]") {
  CHECK(look_of("<div style=\"color:#fff\"><x style=\"color:#000\"/>mark</div>") == "visible");
  CHECK(look_of("<div style=\"color:#fff\"><x style=\"color:#000\"><x/></x>mark</div>") == "visible");
  CHECK(look_of("<p style=\"display:none\">a<o:p/></p>mark") == "visible");
}

TEST_CASE("links are as visible as their text", "[html]") {
  CHECK(all_ways("<a href=//x.example>a</a>").links == "visible anchor //x.example [a]\n");
  CHECK(all_ways("<a href=//x.example style=opacity:0>a</a>").links == "doubtful anchor //x.example [a]\n");
  CHECK(all_ways("<div style=display:none><a href=//x.example>a</a>").links == "hidden anchor //x.example [a]\n");
  CHECK(all_ways("<a href=x><pre>one\n two\n</pre></a>").links == "visible anchor x [one two]\n");
  CHECK(all_ways("<p><v:roundrect href=//x.example>a</v:roundrect>").links == "doubtful anchor //x.example\n");
}

TEST_CASE("what stands in comments for Outlook is read as markup", "[html]") {
  const recorder r = all_ways("<p>Hi <!--[if mso]><style>p{}</style><xml><o:x>96</o:x></xml><link href=s.css><a style=\"display:none\" href=\"&#104;ttps://evil.example/a?b&amp;c\">Verify &amp; go</a>"
                              "<v:roundrect href='//two.example'><v:fill src=p.png></v:roundrect><table><tr><td><![endif]-->there<!--[if mso]></td></tr></table><![endif]--></p>");
  CHECK(r.text[static_cast<std::size_t>(text_kind::visible)] == "Hi there\n");
  CHECK(r.text[static_cast<std::size_t>(text_kind::conditional)] == "Verify & go\n");
  CHECK(r.links == "conditional anchor https://evil.example/a?b&c\nconditional anchor //two.example\nconditional image p.png\n");
  CHECK(all_ways("<!--[if mso]>a<!-- b<![endif]-->c").text[static_cast<std::size_t>(text_kind::visible)] == "c");
  CHECK(all_ways("<!-- no [if mso]><a href=x>y</a>-->c").links.empty());
}

TEST_CASE("text of attributes that readers see is text", "[html]") {
  const auto visible = [](byte_view html) { return all_ways(html).text[static_cast<std::size_t>(text_kind::visible)]; };
  CHECK(visible("<input value=\"Call us\"> now") == "Call us now");
  CHECK(visible("<input type=submit value=Go><input placeholder='Your PIN'>") == "Go Your PIN");
  CHECK(visible("<input type=hidden value=a><input type=checkbox value=b><input type=password value=c>") == "");
  CHECK(visible("<select><optgroup label=Desk><option label=\"802 538\">a</select>").find("802 538") != std::string::npos);
  CHECK(visible("<textarea placeholder=Reason></textarea>") == "Reason");
  CHECK(all_ways("<map><area href=//x.example alt=Verify></map>").text[static_cast<std::size_t>(text_kind::alt)] == "Verify\n");
  CHECK(visible("<bdo dir=rtl>fed</bdo>") == "\u202Efed\u202C");
}
