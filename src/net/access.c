/* SPDX-License-Identifier: MIT */
/* access.c -- who may send to a listener. */

#include "net/access.h"

#include "base/mem.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* One of the two lists, taken apart. */
struct names {
	struct network *networks;
	size_t network_count, network_cap;
	uid_t *users;
	size_t user_count, user_cap;
	gid_t *groups;
	size_t group_count, group_cap;
};

struct access {
	struct names lists[2]; /* by enum access_list */
};

static const char user_prefix[] = "uid:", group_prefix[] = "gid:";

/* What follows the prefix; NULL: it is not there. */
static const char *
after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool
access_is_user(const char *text)
{
	return after(text, user_prefix) != NULL || after(text, group_prefix) != NULL;
}

/* A number of 32 bits; the highest one, (uid_t)-1, is nobody's. */
static bool
parse_id(const char *text, uint32_t *id_out)
{
	size_t len = strspn(text, "0123456789");
	unsigned long long id;

	if (len == 0 || len > 10 || text[len] != '\0')
		return false;
	id = strtoull(text, NULL, 10);
	*id_out = (uint32_t)id;
	return id < UINT32_MAX;
}

int
access_check(const char *text, const char **error_out)
{
	const char *user = after(text, user_prefix), *group = after(text, group_prefix);
	struct network networks[NETWORK_WORD_MOST];
	size_t count;

	if (user == NULL && group == NULL)
		return network_parse(text, networks, &count, error_out);
	if ((user != NULL ? user : group)[0] != '\0')
		return 0;
	*error_out = user != NULL ? "expected a user's name or number after uid:"
				  : "expected a group's name or number after gid:";
	return -EINVAL;
}

static int
add_networks(struct names *names, const char *text, struct text *error)
{
	struct network networks[NETWORK_WORD_MOST];
	const char *problem;
	size_t count;

	if (network_parse(text, networks, &count, &problem) != 0) {
		text_printf(error, "%s: %s", text, problem);
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++) {
		names->networks = mem_room(names->networks, names->network_count,
		    &names->network_cap, sizeof(*names->networks));
		names->networks[names->network_count++] = networks[i];
	}
	return 0;
}

static int
add_user(struct names *names, const char *user, struct text *error)
{
	uint32_t uid;

	if (!parse_id(user, &uid)) {
		const struct passwd *found = getpwnam(user);

		if (found == NULL) {
			text_printf(error, "uid:%s: there is no user of that name", user);
			return -ENOENT;
		}
		uid = found->pw_uid;
	}
	names->users =
	    mem_room(names->users, names->user_count, &names->user_cap, sizeof(*names->users));
	names->users[names->user_count++] = uid;
	return 0;
}

static int
add_group(struct names *names, const char *group, struct text *error)
{
	uint32_t gid;

	if (!parse_id(group, &gid)) {
		const struct group *found = getgrnam(group);

		if (found == NULL) {
			text_printf(error, "gid:%s: there is no group of that name", group);
			return -ENOENT;
		}
		gid = found->gr_gid;
	}
	names->groups =
	    mem_room(names->groups, names->group_count, &names->group_cap, sizeof(*names->groups));
	names->groups[names->group_count++] = gid;
	return 0;
}

static int
add_text(struct names *names, const char *text, struct text *error)
{
	const char *user = after(text, user_prefix), *group = after(text, group_prefix);

	if (user != NULL)
		return add_user(names, user, error);
	if (group != NULL)
		return add_group(names, group, error);
	return add_networks(names, text, error);
}

struct access *
access_new(const struct item_list *allow, const struct item_list *deny, struct text *error)
{
	const struct item_list *const texts[] = {[ACCESS_ALLOW] = allow, [ACCESS_DENY] = deny};
	struct access *access = mem_zero(1, sizeof(*access));

	for (size_t list = 0; list < 2; list++)
		for (size_t i = 0; i < texts[list]->count; i++)
			if (add_text(&access->lists[list], ((char **)texts[list]->at)[i], error) !=
			    0) {
				access_free(&access);
				return NULL;
			}
	return access;
}

void
access_free(struct access **access)
{
	struct access *freed = *access;

	*access = NULL;
	if (freed == NULL)
		return;
	for (size_t list = 0; list < 2; list++) {
		free(freed->lists[list].networks);
		free(freed->lists[list].users);
		free(freed->lists[list].groups);
	}
	free(freed);
}

bool
access_restricts_hosts(const struct access *access)
{
	return access != NULL &&
	    (access->lists[ACCESS_ALLOW].network_count > 0 ||
		access->lists[ACCESS_DENY].network_count > 0);
}

static bool
names_users(const struct names *names)
{
	return names->user_count > 0 || names->group_count > 0;
}

bool
access_restricts_users(const struct access *access)
{
	return access != NULL &&
	    (names_users(&access->lists[ACCESS_ALLOW]) || names_users(&access->lists[ACCESS_DENY]));
}

static bool
holds_host(const struct names *names, const uint8_t *host)
{
	for (size_t i = 0; i < names->network_count; i++)
		if (network_holds(&names->networks[i], host))
			return true;
	return false;
}

bool
access_admits_host(const struct access *access, const uint8_t *host)
{
	if (access == NULL)
		return true;
	const struct names *allow = &access->lists[ACCESS_ALLOW];

	return !holds_host(&access->lists[ACCESS_DENY], host) &&
	    (allow->network_count == 0 || holds_host(allow, host));
}

static bool
holds_user(const struct names *names, uid_t uid, const gid_t *groups, size_t count)
{
	for (size_t i = 0; i < names->user_count; i++)
		if (names->users[i] == uid)
			return true;
	for (size_t i = 0; i < names->group_count; i++)
		for (size_t j = 0; j < count; j++)
			if (names->groups[i] == groups[j])
				return true;
	return false;
}

bool
access_admits_user(const struct access *access, uid_t uid, const gid_t *groups, size_t count)
{
	if (access == NULL)
		return true;
	const struct names *allow = &access->lists[ACCESS_ALLOW];

	return !holds_user(&access->lists[ACCESS_DENY], uid, groups, count) &&
	    (!names_users(allow) || holds_user(allow, uid, groups, count));
}

/* The groups of the process at the other end, the effective one first, in
 * memory of the caller's. 0: the kernel does not tell. */
static size_t
peer_groups(int fd, gid_t effective, gid_t **groups_out)
{
	socklen_t length = 0;
	gid_t *groups;

	/* Without room for them the kernel says how much they need. */
	*groups_out = NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &length) != 0 && errno != ERANGE)
		return 0;
	groups = mem_alloc(sizeof(*groups) + length);
	groups[0] = effective;
	*groups_out = groups;
	if (length > 0 && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups + 1, &length) != 0)
		return 0;
	return 1 + length / sizeof(*groups);
}

bool
access_admits_peer(const struct access *access, int fd, uid_t *uid_out)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t length = sizeof(peer);
	gid_t *groups;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.uid == (uid_t)-1)
		return false;
	*uid_out = peer.uid;
	if (!access_restricts_users(access))
		return true;
	size_t count = peer_groups(fd, peer.gid, &groups);
	bool admits = count > 0 && access_admits_user(access, peer.uid, groups, count);

	free(groups);
	return admits;
}

size_t
access_networks(
    const struct access *access, enum access_list list, const struct network **networks_out)
{
	*networks_out = access->lists[list].networks;
	return access->lists[list].network_count;
}
