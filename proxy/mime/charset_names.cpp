// The alias table. Keys are reduced: lower-case letters and digits only, so "ISO_8859-1:1987" is "iso885911987".
#include <algorithm>
#include <array>
#include <string_view>

#include "core/ascii.hpp"
#include "core/text.hpp"
#include "mime/charset.hpp"

namespace sluice::mime {
namespace {

using coding = charset::coding;

// In the order of charset_tables.inc.
enum single_octet_set : std::uint8_t {
  iso2, iso3, iso4, iso5, iso6, iso7, iso8, iso10, iso13, iso14, iso15, iso16, w874, w1250, w1251, w1252, w1253, w1254,
  w1255, w1256, w1257, w1258, koi8r, koi8u, cp437, cp850, cp852, cp855, cp866, mac, mac_cyrillic
};

struct alias {
  std::string_view key;
  coding how;
  std::uint8_t table = 0;
  const char* iconv_name = nullptr;
};

// ISO-2022-CN-EXT is left out on purpose (its glibc module had an exploitable overflow); ISO-2022-CN covers mail.
constexpr const char* shift_jis = "CP932";
constexpr const char* euc_jp = "EUC-JP-MS";
constexpr const char* iso2022_jp = "ISO-2022-JP-3";
constexpr const char* iso2022_kr = "ISO-2022-KR";
constexpr const char* iso2022_cn = "ISO-2022-CN";
constexpr const char* euc_kr = "CP949";
constexpr const char* johab = "JOHAB";
constexpr const char* gb18030 = "GB18030";
constexpr const char* big5 = "BIG5-HKSCS";
constexpr const char* euc_tw = "EUC-TW";
constexpr const char* viscii = "VISCII";
constexpr const char* armscii = "ARMSCII-8";

constexpr alias one(std::string_view key, std::uint8_t table) { return {key, coding::single, table}; }
constexpr alias via(std::string_view key, const char* name) { return {key, coding::converter, 0, name}; }

constexpr auto make_aliases() {
  auto table = std::to_array<alias>({
      {"utf8", coding::utf8}, {"unicode11utf8", coding::utf8}, {"utf8mb4", coding::utf8}, {"unicode20utf8", coding::utf8},
      {"xunicode20utf8", coding::utf8}, {"csutf8", coding::utf8}, {"cp65001", coding::utf8}, {"65001", coding::utf8},
      {"ascii", coding::guess}, {"usascii", coding::guess}, {"us", coding::guess}, {"ansix341968", coding::guess},
      {"ansix341986", coding::guess}, {"iso646us", coding::guess}, {"iso646irv1991", coding::guess}, {"646", coding::guess},
      {"cp367", coding::guess}, {"ibm367", coding::guess}, {"csascii", coding::guess}, {"isoir6", coding::guess},
      {"ascii7bit", coding::guess}, {"unknown8bit", coding::guess}, {"default", coding::guess},
      {"utf16", coding::utf16}, {"unicode", coding::utf16}, {"iso10646ucs2", coding::utf16}, {"ucs2", coding::utf16},
      {"csunicode", coding::utf16}, {"utf16le", coding::utf16le}, {"ucs2le", coding::utf16le},
      {"unicodefeff", coding::utf16}, {"utf16be", coding::utf16be}, {"unicodefffe", coding::utf16be},
      {"ucs2be", coding::utf16be}, {"utf32", coding::utf32}, {"utf32le", coding::utf32le}, {"utf32be", coding::utf32be},
      {"ucs4", coding::utf32}, {"iso10646ucs4", coding::utf32},
      {"utf7", coding::utf7}, {"unicode11utf7", coding::utf7}, {"csunicode11utf7", coding::utf7}, {"csutf7", coding::utf7},
      one("windows1252", w1252), one("cp1252", w1252), one("xcp1252", w1252), one("1252", w1252), one("latin1", w1252),
      one("l1", w1252), one("iso88591", w1252), one("88591", w1252), one("iso885911987", w1252), one("isoir100", w1252),
      one("ibm819", w1252), one("cp819", w1252), one("csisolatin1", w1252), one("isolatin1", w1252), one("iso8859", w1252),
      one("xansi", w1252), one("ansi", w1252), one("xuserdefined", w1252), one("ibm1252", w1252), one("isolatin11987", w1252),
      one("iso88592", iso2), one("latin2", iso2), one("l2", iso2), one("iso885921987", iso2), one("csisolatin2", iso2),
      one("isoir101", iso2), one("88592", iso2), one("isolatin2", iso2),
      one("iso88593", iso3), one("latin3", iso3), one("l3", iso3), one("csisolatin3", iso3), one("iso885931988", iso3),
      one("isoir109", iso3), one("iso88594", iso4), one("latin4", iso4), one("l4", iso4), one("csisolatin4", iso4),
      one("iso885941988", iso4), one("isoir110", iso4), one("iso88595", iso5), one("cyrillic", iso5), one("88595", iso5),
      one("csisolatincyrillic", iso5), one("iso885951988", iso5), one("isoir144", iso5),
      one("iso88596", iso6), one("arabic", iso6), one("asmo708", iso6), one("ecma114", iso6), one("iso88596e", iso6),
      one("iso88596i", iso6), one("csisolatinarabic", iso6), one("iso885961987", iso6), one("isoir127", iso6),
      one("iso88597", iso7), one("greek", iso7), one("greek8", iso7), one("elot928", iso7), one("ecma118", iso7),
      one("suneugreek", iso7), one("csisolatingreek", iso7), one("iso885971987", iso7), one("isoir126", iso7),
      one("iso88598", iso8), one("iso88598i", iso8), one("iso88598e", iso8), one("hebrew", iso8), one("logical", iso8),
      one("visual", iso8), one("csisolatinhebrew", iso8), one("iso885981988", iso8), one("isoir138", iso8),
      one("iso88599", w1254), one("latin5", w1254), one("l5", w1254), one("csisolatin5", w1254), one("iso885991989", w1254),
      one("isoir148", w1254), one("turkish", w1254), one("iso885910", iso10), one("latin6", iso10), one("l6", iso10),
      one("csisolatin6", iso10), one("iso8859101992", iso10), one("isoir157", iso10),
      one("iso885911", w874), one("tis620", w874), one("windows874", w874), one("cp874", w874), one("dos874", w874),
      one("iso885913", iso13), one("latin7", iso13), one("iso885914", iso14), one("latin8", iso14), one("isoceltic", iso14),
      one("iso885915", iso15), one("latin9", iso15), one("l9", iso15), one("latin0", iso15), one("csisolatin9", iso15),
      one("iso885916", iso16), one("latin10", iso16), one("windows1250", w1250), one("cp1250", w1250), one("xcp1250", w1250),
      one("1250", w1250), one("windows1251", w1251), one("cp1251", w1251), one("xcp1251", w1251), one("1251", w1251),
      one("win1251", w1251), one("ansi1251", w1251), one("windows1253", w1253), one("cp1253", w1253), one("xcp1253", w1253),
      one("windows1254", w1254), one("cp1254", w1254), one("xcp1254", w1254), one("windows1255", w1255), one("cp1255", w1255),
      one("xcp1255", w1255), one("windows1256", w1256), one("cp1256", w1256), one("xcp1256", w1256),
      one("windows1257", w1257), one("cp1257", w1257), one("xcp1257", w1257), one("windows1258", w1258),
      one("cp1258", w1258), one("xcp1258", w1258), one("koi8r", koi8r), one("koi8", koi8r), one("koi", koi8r),
      one("cskoi8r", koi8r), one("koi8u", koi8u), one("koi8ru", koi8u), one("ibm437", cp437), one("cp437", cp437),
      one("437", cp437), one("cspc8codepage437", cp437), one("ibm850", cp850), one("cp850", cp850), one("850", cp850),
      one("cp858", cp850), one("ibm852", cp852), one("cp852", cp852), one("852", cp852), one("ibm855", cp855),
      one("cp855", cp855), one("ibm866", cp866), one("cp866", cp866), one("866", cp866), one("csibm866", cp866),
      one("macintosh", mac), one("macroman", mac), one("xmacroman", mac), one("mac", mac), one("csmacintosh", mac),
      one("applemacintosh", mac), one("xmaccyrillic", mac_cyrillic), one("xmacukrainian", mac_cyrillic),
      via("shiftjis", shift_jis), via("sjis", shift_jis), via("xsjis", shift_jis), via("mskanji", shift_jis),
      via("ms932", shift_jis), via("windows31j", shift_jis), via("csshiftjis", shift_jis), via("cp932", shift_jis),
      via("cswindows31j", shift_jis), via("xmscp932", shift_jis), via("eucjp", euc_jp), via("xeucjp", euc_jp),
      via("ujis", euc_jp), via("cseucpkdfmtjapanese", euc_jp), via("iso2022jp", iso2022_jp), via("csiso2022jp", iso2022_jp),
      via("iso2022jp1", iso2022_jp), via("iso2022jp2", iso2022_jp), via("iso2022jp3", iso2022_jp), via("jis", iso2022_jp),
      via("iso2022jpms", iso2022_jp), via("cp50220", iso2022_jp), via("cp50221", iso2022_jp), via("cp50222", iso2022_jp),
      via("euckr", euc_kr), via("cseuckr", euc_kr), via("ksc56011987", euc_kr), via("ksc56011989", euc_kr), via("ksc5601", euc_kr),
      via("korean", euc_kr), via("windows949", euc_kr), via("cp949", euc_kr), via("uhc", euc_kr), via("isoir149", euc_kr),
      via("csksc56011987", euc_kr), via("iso2022kr", iso2022_kr), via("csiso2022kr", iso2022_kr), via("johab", johab),
      via("gb2312", gb18030), via("gb18030", gb18030), via("gbk", gb18030), via("xgbk", gb18030), via("cp936", gb18030),
      via("ms936", gb18030), via("windows936", gb18030), via("gb231280", gb18030), via("chinese", gb18030),
      via("csgb2312", gb18030), via("csiso58gb231280", gb18030), via("isoir58", gb18030), via("euccn", gb18030),
      via("gb180302000", gb18030), via("gb180302005", gb18030), via("gb", gb18030), via("iso2022cn", iso2022_cn),
      via("big5", big5), via("big5hkscs", big5), via("cnbig5", big5), via("csbig5", big5), via("xxbig5", big5),
      via("cp950", big5), via("ms950", big5), via("windows950", big5), via("euctw", euc_tw), via("viscii", viscii),
      via("armscii8", armscii),
  });
  std::sort(table.begin(), table.end(), [](const alias& a, const alias& b) { return a.key < b.key; });
  return table;
}
constexpr auto aliases = make_aliases();

}  // namespace

charset find_charset(byte_view name) {
  fixed_string<24> key;
  for (const char c : name) {
    if (c == '*') break;  // a language tag of RFC 2231 section 5
    if (ascii::is_alnum(c)) {
      if (key.size() == key.capacity()) return {.known = false};
      key.push_back(ascii::lower(c));
    }
  }
  if (key.empty()) return {.known = name.empty()};
  const auto found = std::lower_bound(aliases.begin(), aliases.end(), view(key),
                                      [](const alias& a, std::string_view k) { return a.key < k; });
  if (found == aliases.end() || found->key != view(key)) return {.known = false};
  return {found->how, found->table, found->iconv_name, true};
}

}  // namespace sluice::mime
