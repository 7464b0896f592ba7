// Schema rows of an appliance: the network of the machine, updates of its firmware, safe mode.
#include "config/schema_rows.hpp"

namespace sluice::config::rows {
namespace {

using namespace std::chrono_literals;
constexpr std::uint64_t most_addresses = 8;

constexpr std::array network_rows{
    derived(text<&machine_network::hostname>("hostname", value_kind::host_name, reload::reopen,
                                             "Name of the machine. What mail sees is the hostname at the top."),
            "stays as it is"),
    derived(row<&machine_network::resolvers, std::vector<std::string>>(
                "resolvers", value_kind::address_list, 0, most_addresses, reload::reopen,
                "DNS servers of the machine, instead of those that DHCP or router advertisements name. Questions about senders have [dns]."),
            "those of DHCP"),
    derived(row<&machine_network::ntp_servers, std::vector<std::string>>("ntp", value_kind::host_list, 0, most_addresses, reload::reopen,
                                                                         "Time servers."),
            "none: the clock is not set by the network"),
};

constexpr std::array interface_rows{
    required(text<&interface_settings::name>("name", value_kind::interface_name, reload::reopen, "Name that the kernel gives it, or PARENT.ID of a VLAN.")),
    choice<&interface_settings::ipv4>("ipv4", reload::reopen, "Where its IPv4 addresses come from; static: from addresses."),
    choice<&interface_settings::ipv6>("ipv6", reload::reopen,
                                      "Where its IPv6 addresses come from: router advertisements, addresses, or nowhere (not even a link-local one)."),
    derived(row<&interface_settings::addresses, std::vector<network>>("addresses", value_kind::own_address_list, 0, most_addresses, reload::reopen,
                                                                      "Its own addresses, each with the prefix of its network."),
            "none"),
    derived(text<&interface_settings::gateway4>("gateway4", value_kind::ip_address, reload::reopen,
                                                "The way to everything else; with static IPv4, within a network of addresses."),
            "none"),
    derived(text<&interface_settings::gateway6>("gateway6", value_kind::ip_address, reload::reopen,
                                                "The same for IPv6; may be a link-local address (fe80::/10)."),
            "none"),
};

constexpr std::array vlan_rows{
    required(text<&vlan_settings::parent>("parent", value_kind::interface_name, reload::reopen, "The interface that carries it.")),
    required(count<&vlan_settings::id>("id", "as a number", 1, 4094, reload::reopen, "VLAN identifier.")),
};

constexpr std::array static_route_rows{
    required(row<&static_route::to, network>("to", value_kind::network, 0, 0, reload::reopen, "The network.")),
    required(text<&static_route::via>("via", value_kind::ip_address, reload::reopen, "The router, reached directly.")),
    required(text<&static_route::interface_name>("interface", value_kind::interface_name, reload::reopen, "Where that router is.")),
};

constexpr std::array update_rows{
    text<&update_settings::directory>("directory", value_kind::path, reload::session,
                                      "Where an uploaded update lies until it is installed; on a file system with room for it, not in memory."),
    size<&update_settings::max_size_bytes>("max_size", mib, 2 * gib, reload::session, "Largest update that is taken; beyond it 413."),
    size<&update_settings::memory_minimum_bytes>(
        "memory_minimum", 0, 64 * gib, reload::session,
        "Memory that the machine must have available (MemAvailable) when an update begins; with less it is refused with 507 and the figures."),
    duration<&update_settings::trial_time>(
        "trial_time", 30s, 24h, reload::session,
        "How long a new slot may take until its test mails pass. When the fault is its own, the former slot comes back after this time."),
};

constexpr std::array safe_mode_rows{
    choice<&safe_mode_settings::mail>("mail", reload::session,
                                      "What safe mode does with mail: defer answers MAIL with 451 4.3.2, so that senders keep it; forward passes it on without inspection."),
};

}  // namespace

std::span<const key> network_keys() { return network_rows; }
std::span<const key> interface_keys() { return interface_rows; }
std::span<const key> vlan_keys() { return vlan_rows; }
std::span<const key> static_route_keys() { return static_route_rows; }
std::span<const key> update_keys() { return update_rows; }
std::span<const key> safe_mode_keys() { return safe_mode_rows; }

}  // namespace sluice::config::rows
