/* SPDX-License-Identifier: MIT */
/* access.h -- who may send to a listener.
 *
 * Two lists of texts: `allow` and `deny`, networks (base/network.h), uid:NAME,
 * uid:1000, gid:NAME and gid:1000 in any order. What `deny` names is refused;
 * of the rest, what `allow` names is admitted. Hosts and users are apart: where
 * no network is allowed every host is, and where no user and no group is
 * allowed every user is. It does not change once made: every thread may ask. */

#pragma once

#include "base/item.h"
#include "base/network.h"
#include "base/text.h"

#include <sys/types.h>

struct access;

/* Is it of a user or a group, by how it begins? Else it is of a network. */
bool access_is_user(const char *text);

/* Is this how a network, a user or a group is written? 0, or -EINVAL and in
 * *error_out a plain sentence. Nothing is looked up. */
int access_check(const char *text, const char **error_out);

/* Both lists are of char *. Names are looked up now. NULL: a name is unknown, or
 * a text is none of the above; with a sentence in *error. */
struct access *
access_new(const struct item_list *allow, const struct item_list *deny, struct text *error);
void access_free(struct access **access);

/* Is anybody refused? Without access (NULL) nobody is. */
bool access_restricts_hosts(const struct access *access);
bool access_restricts_users(const struct access *access);

/* host is 16 bytes, as of inet_host(). */
bool access_admits_host(const struct access *access, const uint8_t *host);

/* A user in count groups. */
bool access_admits_user(const struct access *access, uid_t uid, const gid_t *groups, size_t count);

/* The process at the other end of a connected unix socket, by its effective
 * user and all its groups; its user in *uid_out. Refused if the kernel does not
 * tell. */
bool access_admits_peer(const struct access *access, int fd, uid_t *uid_out);

/* The networks that are allowed, or denied, of both families, in an array that
 * stays the access's; returns how many. */
enum access_list { ACCESS_ALLOW, ACCESS_DENY };
size_t access_networks(
    const struct access *access, enum access_list list, const struct network **networks_out);
