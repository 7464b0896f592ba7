/* verity-open NAME DEVICE DATA_BYTES ROOT_HASH SALT
 *
 * In the initramfs: a read-only dm-verity device of our A/B root partition: squashfs, then the hash tree as veritysetup
 * wrote it (no superblock). The figures come from the signed FIT. The kernel does all the checking; this only says what
 * `dmsetup create` would, without its libraries (3 MiB in the initramfs). A block that does not match its hash restarts
 * the machine: the slot's tries run out and the other one boots.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { block_bytes = 4096, sector_bytes = 512 };

static union {
  struct dm_ioctl head;
  char room[4096];
} request;

static void prepare(const char* name) {
  memset(&request, 0, sizeof request);
  request.head.version[0] = DM_VERSION_MAJOR;
  request.head.data_size = sizeof request;
  request.head.data_start = sizeof request.head;
  snprintf(request.head.name, sizeof request.head.name, "%s", name);
}

static void ask(int control, unsigned long what, const char* step) {
  if (ioctl(control, what, &request) < 0) {
    perror(step);
    exit(1);
  }
}

int main(int argc, char** argv) {
  if (argc != 6) {
    fputs("usage: verity-open NAME DEVICE DATA_BYTES ROOT_HASH SALT\n", stderr);
    return 2;
  }
  const unsigned long long bytes = strtoull(argv[3], NULL, 10), blocks = bytes / block_bytes;
  const int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  if (control < 0 || bytes == 0 || bytes % block_bytes != 0) {
    perror(control < 0 ? "/dev/mapper/control" : argv[3]);
    return 1;
  }

  prepare(argv[1]);
  ask(control, DM_DEV_CREATE, "DM_DEV_CREATE");
  const unsigned long long device = request.head.dev;

  prepare(argv[1]);
  request.head.flags = DM_READONLY_FLAG;
  request.head.target_count = 1;
  struct dm_target_spec* target = (struct dm_target_spec*)(request.room + sizeof request.head);
  target->length = bytes / sector_bytes;
  strcpy(target->target_type, "verity");
  char* table = (char*)(target + 1);
  const size_t room = (size_t)(request.room + sizeof request - table);
  const int length = snprintf(table, room, "1 %s %s %d %d %llu %llu sha256 %s %s 1 restart_on_corruption", argv[2], argv[2],
                              block_bytes, block_bytes, blocks, blocks, argv[4], argv[5]);
  if (length < 0 || (size_t)length >= room) {
    fputs("verity-open: arguments too long\n", stderr);
    return 2;
  }
  target->next = (__u32)(sizeof *target + (((size_t)length + 8) & ~(size_t)7));
  ask(control, DM_TABLE_LOAD, "DM_TABLE_LOAD");

  prepare(argv[1]);
  ask(control, DM_DEV_SUSPEND, "DM_DEV_SUSPEND"); /* without the suspend flag: resume */
  printf("/dev/dm-%u\n", minor(device));
  return 0;
}
