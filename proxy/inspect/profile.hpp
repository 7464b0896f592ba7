// What is known about one notification sender: plain data, filled from config/profiles/*.toml by the gateway
// (firmware/gateway/profile_loader) and handed to a ruleset. Facts only; what is not known stays empty.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/skeleton.hpp"

namespace sluice::inspect {

// What a slot is for decides what may stand in it: a phone number in a name is near-certain abuse, in a memo it is
// normal business.
enum class slot_type : std::uint8_t { name, title, memo, subject, address, file };
const char* name_of(slot_type);
bool parse_slot_type(std::string_view text, slot_type& out);

// A template is fixed text with slots between: "{tenant:name} account email verification code".
struct template_piece {
  bool is_slot = false;
  std::string text;  // fixed text as written in the profile, or the slot's name
  slot_type type = slot_type::name;
};

struct text_template {
  std::string source;  // as written, for explanations
  std::vector<template_piece> pieces;
  std::string language;  // "en"; empty when not told
};

// Splits "{tenant:name} account ..." into pieces. Two slots must not touch. False with a reason when malformed.
bool parse_template(std::string_view text, text_template& out, std::string& error);

// A label in the body behind which a slot stands, up to the end of the line (or in the next line when the label is
// alone): "Note from seller:" -> note. An address has up to three lines, none of them the label's.
struct body_slot {
  std::string label;
  std::string slot;
  slot_type type = slot_type::memo;
};

struct profile {
  std::string id;    // "paypal"; also the file name
  std::string name;  // "PayPal", for people
  std::string source;
  std::vector<std::string> from_addresses;    // exact addresses, lower case
  std::vector<std::string> from_domains;      // the domain and everything below it
  std::vector<std::string> sender_addresses;  // of the Sender field, where From is the outsider's (Google Calendar)
  std::vector<std::string> dkim_domains;
  std::vector<std::string> link_domains;  // the domain and everything below it
  std::vector<std::string> brands;        // names that are this sender's own and so not foreign to it
  std::vector<std::string> phones;        // the sender's own numbers, digits only
  std::vector<text_template> subjects;
  std::vector<text_template> display_names;
  std::vector<body_slot> body_slots;
  std::vector<std::string> expected_links;  // parts of link targets; genuine mail with links always has one of them
  std::vector<skeleton> skeletons;          // fixed text of its mail, one per language
  std::string abuse_address;
  bool platform = false;  // its customers write the whole mail: names and subjects are slots, the body is a memo
  bool messages = false;  // it writes its mail itself, and somebody else's message stands in it
  bool payments = false;  // its mail is about payments: amounts and a shop's telephone number are normal in it
  bool observe = false;   // findings are shown but do not count
};

}  // namespace sluice::inspect
