"""What each setting of feeds.yaml means, said once: docs/configuration.md and the JSON Schema are made of it.

A row a setting: key, kind, default, meaning. `schema` reads the kinds, so a new kind needs a word there.
"""

from typing import Final

MEANINGS: Final = {
    "site": """
`title` | text | `Aggregator` | Heads the pages and the published feeds.
`description` | text | none | A sentence about the site: stands in the published feeds, and in the pages for who shows links to them.
`url` | http(s) address | `http://localhost:8000/` | Where readers reach the site. Addresses in the published feeds begin with it, so set it before the first reader subscribes.
`timezone` | name of a time zone, such as `Asia/Beirut` | `UTC` | Days begin there, and pages show its time.
`contact` | mail or http(s) address | none | Told to publishers in the User-Agent of every request, so that they can ask instead of blocking.
""",
    "polling": """
`interval` | duration, `1m` to `30d` | `1h` | How often a feed is polled that names no interval of its own. What a server or a document asks for (Retry-After, Cache-Control, `ttl` ...) can make it longer.
`unconditional_interval` | duration, `1m` to `30d` | `1d` | The same while a feed's server answers no conditional requests, so that every poll costs it the whole document: it gives neither ETag nor Last-Modified, or ignores them. A feed's own `interval` goes before it.
`host_gap` | duration, `0s` to `10m` | `2s` | Rest between the end of a request and the beginning of the next to the same publisher, that is to the same registrable domain and port: `a.example.org` and `b.example.org` are one. `0s` is "pacing off", for servers of your own.
`gaps` | durations, `0s` to `10m`, by registrable domain | `{reddit.com: 60s}` | The same for single publishers. What is written here is added to the default; `gaps: {reddit.com: 2s}` changes it.
`timeout` | duration, `1s` to `5m` | `20s` | For one request, from looking up the name to the last byte.
`max_bytes` | size, `1KiB` to `10MiB` | `10MiB` | Longest document taken, unpacked.
`concurrency` | number, `1` to `256` | `16` | Feeds polled at the same time.
`allow_networks` | list of networks, such as `192.168.0.0/16` or `fd00::/8` | `[]` | Private networks whose hosts any feed may be polled from, though not at [every port](#ports). Without it an address inside the own network is refused, because a redirect of a foreign server could lead there.
`websub` | `auto`, `on` or `off` | `auto` | Whether hubs that feeds name are asked to send what is new ([WebSub](https://www.w3.org/TR/websub/)); such feeds are polled every 12 hours only. Hubs must be able to reach `site.url`; `auto` asks them where its host is one of the public internet.
""",
    "copies": """
`window` | duration, `1h` to `30d` | `2d` | Entries of the same headline are copies if they were published at most this far apart.
""",
    "stories": """
`idle` | duration, `1h` to `30d` | `72h` | A story to which nothing is added for so long is closed: what comes later begins another one, which is listed as related.
`span` | duration, `1h` to `30d` | `7d` | From the first entry of a story to its last, at most. What goes on for longer is a subject, not an event.
`late` | duration, `0s` to `30d` | `3d` | How long a closed story is kept at hand for entries of its time that come in late: of a feed that was down, is polled rarely, or was added just now. The longer, the more memory.
`embeddings` | folder | none | A sentence-embedding model on this machine that is asked beside the words; see [embeddings.md](embeddings.md). Nothing is ever downloaded.
`embeddings_share` | number from 0 to 0.5 | `0.1` | How much of the likeness of two entries is that of the model. With 0 it is not asked.
""",
    "media": """
`images` | `proxied` or `none` | `proxied` | `none` leaves images out of pages: their text stands in their place, and feeds have letters for icons. The published feeds name images where their publishers keep them, either way.
`max_bytes` | size, `1KiB` to `50MiB` | `10MiB` | Largest image taken.
`cache` | size, `1MiB` to `1024GiB` | `500MiB` | Room on disk for the images that were fetched. Those that were not looked at for longest make room for others; none is kept for more than 30 days.
""",
    "access": """
`mode` | `public`, `password` or `proxy` | `public` | Who may read the site: everybody who reaches it, who knows its one password, or who a reverse proxy has let in and names in a header.
`password_hash` | what `aggregator password` prints | none | The password for `mode: password`, as a hash from which it can only be guessed. Whoever was logged in must log in again after it changes.
`password` | name of an environment variable, as in `${READING_PASSWORD}` | none | In its place: the variable holds the password, which must not stand in this file.
`password_file` | path | none | In its place: a file whose first line is the password. A path that does not begin with `/` begins where the service was started.
`session` | duration, `1d` to `36500d` | `30d` | From a login to the next.
`feed_token` | 16 to 200 of A-Z, a-z, 0-9 and `-._~+/`, drawn at random | none | For feed readers that can't log in: opens feeds, and nothing else, as `/feed.atom?token=...`. Another token closes all addresses with the old one.
`user_header` | name of a header | `Remote-User` | For `mode: proxy`: the header in which the proxy names who asks. It is taken from `trusted_proxies` alone.
`trusted_proxies` | list of networks, such as `127.0.0.1/32` | `[]` | From where reverse proxies ask. Their `X-Forwarded-For` tells clients apart; the same header from elsewhere is ignored. Write it behind any proxy, or all readers count as one client.
`searches` | number, `0` to `100000` | `60` | Searches that one client may make a minute, 429 beyond that; 0: as many as it likes. An IPv6 network of 64 bits is one client.
`images` | number, `0` to `100000` | `1200` | Likewise images and icons; a page can have sixty of them.
""",
    "metrics": """
`token` | 16 to 200 of A-Z, a-z, 0-9 and `-._~+/`, drawn at random | none | Whoever sends it as `Authorization: Bearer ...` may read them, from anywhere and through any proxy; Prometheus does with `authorization: {credentials: ...}` in its scrape configuration. It is a secret: keep the file readable to the service alone, and send it over https only.
`allow_networks` | list of networks, such as `192.168.0.0/16` or `fd00::/8` | `[]` | Whoever asks from there may read them without a token: directly, not through a proxy, and by an address, a private name or the host of `site.url`. Leave out where a proxy runs: with `127.0.0.1/32` here, a proxy on this machine would show them to everybody.
""",
    "care": """
`time` | time of the day | `03:30` | When the night's work begins, in `site.timezone`: what `retention` no longer keeps is let go, then the database is copied, then looked through.
`backups` | folder | none | Where a copy is put every night, `aggregator-2026-03-10.db`; made if it is not there. Better on another disk. Without it none is made.
`keep` | number, `1` to `365` | `7` | So many of these copies stay, the newest.
`check` | switch | `true` | Look the whole database through, as `aggregator db check` does. What is found is logged, and shown by `aggregator doctor`.
""",
    "mail": """
`host` | host name or address | none | Where the server is.
`port` | number, `1` to `65535` | that of the encryption: 587 for starttls, 465 for tls, 25 for none | Where it listens.
`security` | `starttls`, `tls` or `none` | `starttls` | How the connection is encrypted. With `starttls` it begins in the clear, and nothing is sent if the server can't go on encrypted; with `tls` it is encrypted from the first byte. `none` is for a server on this machine or in a network of your own, and allows a login at this machine only. The certificate must be valid for `host`; the environment variable `SSL_CERT_FILE` names authorities of your own.
`user` | text | none | For the login.
`password` | name of an environment variable, as in `${SMTP_PASSWORD}` | none | The variable holds the password, which must not stand in this file. It is looked up when mail is sent.
`password_file` | path | none | In its place: a file whose first line is the password. A path that does not begin with `/` begins where the service was started.
`sender` | mail address | none | Digests come from it, and what can't be delivered returns to it. Whoever wants no more digests is told to write to it. Wanted with `host`.
`timeout` | duration, `1s` to `5m` | `2m` | For one message.
""",
    "digest": """
`enabled` | switch | `true` | `false`: none is made; those that there are stay.
`title` | text | the site's title | Heads it.
`time` | time of the day, such as `06:00` | `06:00` | When its period ends, in `site.timezone`: a digest of six covers from six to six. When it is changed, the next digest begins where the last one ended.
`weekday` | `monday`, `tuesday`, `wednesday`, `thursday`, `friday`, `saturday` or `sunday` | none | Made once a week, on that day, for the seven days before; without it, every day.
`categories` | list of text | `[]` | Only stories with an entry of one of these; empty: of any.
`tags` | list of text | `[]` | Only stories with an entry of a feed that has one of these tags; empty: of any.
`recipients` | list of mail addresses | `[]` | Who gets it by mail, as [mail](#mail) says. What is made later than three days after its end is mailed to nobody.
`weights` | numbers from 0 to 10, by category | `{}` | How much a category counts when stories are ranked: 2 is about what two more publishers are; 0 puts it last. Those not named count 1.
""",
    "digests": """
`enabled` | switch | `true` | As above.
`title` | text | the site's title | As above.
`time` | time of the day | `06:00` | As above.
`weekday` | `monday`, `tuesday`, `wednesday`, `thursday`, `friday`, `saturday` or `sunday` | none | As above.
`categories` | list of text | `[]` | As above.
`tags` | list of text | `[]` | As above.
`recipients` | list of mail addresses | `[]` | As above.
`weights` | numbers from 0 to 10, by category | `{}` | As above.
`name` | up to 40 of a-z, 0-9 and `-`, one letter at least | required | Stands in its address. Not `daily`, which is the one under `digest`, and not `today`.
""",
    "feeds": """
`url` | http(s) address | required | The document that is polled.
`id` | up to 80 of a-z, 0-9 and `-` | made from the address | Names the feed in commands and addresses (`/feeds/arabnews-com`). See below.
`title` | text | the document's own title | What readers see.
`publisher` | text | the title, else the host | Who stands behind it. A list of entries names each publisher once under "also published by", however many of its feeds have the news; the page and the published feeds name every entry, those of the same publisher with the title of their feed.
`category` | text | `General` | The section it is listed in. Names that differ in case alone are one category, spelt as under [categories](#categories), else as where it stands first.
`tags` | list of text | `[]` | Words of your own.
`language` | language | what the document says | For entries that do not name theirs.
`interval` | duration, `1m` to `30d` | `polling.interval` | How often it is polled at most. It holds without conditional requests, too: who writes it knows the publisher.
`enabled` | switch | `true` | `false` stops polling and listing the feed; what was stored stays.
`allow_private_address` | switch | `false` | Lets this one feed be polled from a private network or this machine, though not at [every port](#ports).
`user` | text | none | For servers that want a login (HTTP Basic, RFC 7617). It goes to the origin of `url` alone, over https alone, unless `allow_private_address` is set.
`password` | name of an environment variable, as in `${FEED_PASSWORD}` | none | The variable holds the password, which must not stand in this file.
`password_file` | path | none | In its place: a file whose first line is the password.
`headers` | headers, by name | `{}` | Sent with every request for the feed, to the origin of `url` alone. A value is text, or `{file: PATH}` for the first line of a file; of `Authorization`, `Cookie`, `X-Api-Key`, `X-Auth-Token` and `Api-Key` it comes from there or from the environment. See [below](#logins-and-headers).
`proxy` | http address of a proxy, or `none` | none | Asked in place of the feed's server; see [below](#proxies).
`full_text` | switch | `false` | The article behind each link is fetched, too, and kept beside what the feed says of it. Needs the extra `aggregator[fulltext]`.
`images` | `proxied` or `none` | that of the section [media](#media) | Whether pages show the images of its entries, and its icon.
`keep` | rules | `[]` | Only entries that one of them fits are shown; see [below](#keep-and-mute).
`mute` | rules | `[]` | Entries that one of them fits are not shown, also where `keep` fits them.
`breakout` | number, `2` to `1000` | none | Muted entries are shown all the same while so many publishers have their story.
`max_entries` | number, `1` to `2000` | 2000, as of any document | Entries of its document that are read, counted from the beginning.
`retention` | retention | `{}` | How much of it is kept; see [below](#retention).
`strip_prefix` | text or list of text | `[]` | Cut from the beginning of headlines, the longest that fits, whatever its case, before headlines are compared: `strip_prefix: "WATCH:"`. A change holds for entries that are read from then on; those of the document that is there are read again with its next change.
`strip_suffix` | text or list of text | `[]` | Likewise from their end.
""",
    "rules": """
`words` | text or list of text | `[]` | Words and phrases, found whole, whatever their case and accents; in scripts without spaces wherever they stand.
`regex` | regular expression | none | Sought anywhere, whatever the case. Its engine takes time in proportion to the text, so it knows neither look-around nor back-references; syntax of [Rust's regex](https://docs.rs/regex/latest/regex/#syntax), at most 500 characters.
`fields` | one or several of `title`, `text`, `author`, `category` and `url` | `[title, text]` | Where to look. `category` is what the feed files the entry under, `text` its first 10,000 characters.
""",
    "retention": """
`age` | duration, `1d` to `36500d` | none | Entries that were first seen longer ago than that need not be kept.
`entries` | number, `1` to `1000000` | none | So many of the newest are kept.
""",
    "categories": """
`weight` | number from 0 to 10 | 1 | How much the category counts when stories of digests are ranked, where the digest itself does not say (`weights`).
""",
    "": """
`include` | address of a list, or list of them | `[]` | Subscription lists (OPML) whose feeds are polled as well as those of this file.
""",
}
"""By the heading of its table in docs/configuration.md; "": keys that stand at the top of the file."""
