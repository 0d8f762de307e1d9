"""Configurations of web servers for a static export: which page whom, and for how long. Pure.

The text is the same for every export but for its folder; the tests run the servers with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.index.content_types import ASSET_CACHE, FILE_CACHE, PAGE_CACHE
from orchestrator.index.negotiation import HTML, JSON
from orchestrator.index.ui.frame import POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "_server"
"""Of the configurations, in the export."""

# Quality values are told apart as far as clients of today use them: at or above 0.2, or below.
_JSON = r"application/vnd\.pypi\.simple\.(v1|latest)\+json"
_HTML = r"application/vnd\.pypi\.simple\.(v1|latest)\+html"
_WANTED = r"\s*(;\s*q=(1|0\.[2-9]))?[^;,]*(,|$)"
_PLUS = r"(\+|%2[Bb]|%20)"
_SLASH = r"(/|%2[Ff])"

_NGINX = r"""# A static index of wheels; for nginx (tested with 1.22): include it in http { }.
# Change listen, and add server_name and TLS.

map $http_accept $index_form {
    default                                 index.html;
    "~*(?=.*@JSON@@WANTED@)"                index.json;
    "~*^(?!.*(text/(html|\*)|\*/\*)).*@JSON@"     index.json;
    "~*^(?!.*(text/(html|\*)|\*/\*)).*@HTML@"     index.v1html;
    "~*@HTML@@WANTED@"                      index.v1html;
}
map $arg_format $index_page {
    ""                                                     $index_form;
    "~*^application@SLASH@vnd\.pypi\.simple\.(v1|latest)@PLUS@json$"   index.json;
    "~*^application@SLASH@vnd\.pypi\.simple\.(v1|latest)@PLUS@html$"   index.v1html;
    "~*^text@SLASH@html$"                                  index.html;
    default                                                none;
}

server {
    listen 127.0.0.1:8080;
    root @ROOT@;
    index index.html;
    absolute_redirect off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    charset utf-8;
    charset_types text/html text/css text/javascript text/plain;
    error_page 404 /404.html;

    types {
        text/html        html;
        text/css         css;
        text/javascript  js;
        text/plain       txt metadata;
        application/json json provenance;
        image/svg+xml    svg;
        image/png        png;
        font/woff2       woff2;
    }
    default_type application/octet-stream;

    gzip on;
    gzip_vary on;
    gzip_proxied any;
    gzip_min_length 500;
    gzip_types text/css text/javascript text/plain application/json image/svg+xml
               @TYPE_JSON@ @TYPE_HTML@;

    add_header Cache-Control "@PAGE_CACHE@";
    add_header X-Content-Type-Options nosniff;
    add_header Content-Security-Policy "@POLICY@";
    add_header Referrer-Policy same-origin;

    location /simple/ {
        # One page for each project, in the form that the client takes.
        location ~ ^/simple/([^/_.]+/)?$ {
            if ($index_page = none) { return 406; }
            rewrite ^(.*)$ $1$index_page last;
        }
        location ~ /index\.json$ {
            types { @TYPE_JSON@ json; }
            add_header Vary Accept;
            add_header X-Content-Type-Options nosniff;
            add_header Cache-Control "@PAGE_CACHE@";
        }
        location ~ /index\.v1html$ {
            rewrite ^(.*)/index\.v1html$ $1/index.html break;
            types { }
            default_type @TYPE_HTML@;
            add_header Vary Accept;
            add_header X-Content-Type-Options nosniff;
            add_header Cache-Control "@PAGE_CACHE@";
        }
        location ~ /index\.html$ {
            add_header Vary Accept;
            add_header X-Content-Type-Options nosniff;
            add_header Cache-Control "@PAGE_CACHE@";
        }
        location ~ ^/simple/[^/]*([_.]|--) { rewrite @UNNORMALIZED@ permanent; }
    }
    location /files/ {
        add_header Cache-Control "@FILE_CACHE@";
        add_header X-Content-Type-Options nosniff;
    }
    location /assets/ {
        add_header Cache-Control "@ASSET_CACHE@";
        add_header X-Content-Type-Options nosniff;
    }
    location /_server/ { return 404; }
    location ~ /\.(?!well-known/) { return 404; }
}
"""

_CADDY = r"""# A static index of wheels; for Caddy (tested with 2.6).
# In place of :8080 write the name of the host: Caddy gets the certificate.

:8080 {
	root * "@ROOT@"
	encode zstd gzip {
		minimum_length 500
		match {
			header Content-Type text/*
			header Content-Type application/json*
			header Content-Type application/vnd.pypi.simple*
			header Content-Type image/svg+xml*
		}
	}

	# One page for each project, in the form that the client takes.
	map {header.Accept} {takes_html} {
		~(?i)(text/(html|\*)|\*/\*)    takes
		default                      refuses
	}
	map "{takes_html} {header.Accept}" {page_form} {
		"~(?i)@JSON@@WANTED@"        json
		"~(?i)^refuses.*@JSON@"      json
		"~(?i)^refuses.*@HTML@"      html
		"~(?i)@HTML@@WANTED@"        html
		default                      plain
	}
	map "{query.format}|{page_form}" {page_file} {page_type} {
		|json                                      index.json @TYPE_JSON@
		|html                                      index.html @TYPE_HTML@
		|plain                                     index.html "text/html; charset=utf-8"
		"~(?i)^application/@KIND@[+ ]json\|"        index.json @TYPE_JSON@
		"~(?i)^application/@KIND@[+ ]html\|"        index.html @TYPE_HTML@
		~(?i)^text/html\|                          index.html "text/html; charset=utf-8"
		default                                    =406       text/plain
	}
	@page path_regexp ^/simple/([^/]+/)?$
	@strange path_regexp ^/simple/([^/]+/)?=406$
	error @strange 406
	header @page Content-Type {page_type}
	header @page Vary Accept
	rewrite @page {path}{page_file}

	@unnormalized path_regexp run ^(/simple/[^/]*?)(?:[-_.]*[_.][-_.]*|--+)([^/]*?)/?$
	redir @unnormalized {re.run.1}-{re.run.2}/ permanent

	@hidden path /_server/* */.*
	error @hidden 404

	@files path /files/*
	@assets path /assets/*
	@pages not path /files/* /assets/*
	@metadata path *.metadata
	@provenance path *.provenance
	@wheels path *.whl
	header X-Content-Type-Options nosniff
	header @files Cache-Control "@FILE_CACHE@"
	header @assets Cache-Control "@ASSET_CACHE@"
	header @pages {
		Cache-Control "@PAGE_CACHE@"
		Content-Security-Policy "@POLICY@"
		Referrer-Policy same-origin
	}
	header @metadata Content-Type "text/plain; charset=utf-8"
	header @provenance Content-Type application/json
	header @wheels Content-Type application/octet-stream
	file_server

	handle_errors {
		@missing {
			expression `{http.error.status_code} == 404`
			file /404.html
		}
		handle @missing {
			rewrite * /404.html
			header Content-Type "text/html; charset=utf-8"
			file_server
		}
		handle {
			header Content-Type "text/plain; charset=utf-8"
			respond "{http.error.status_code} {http.error.status_text}"
		}
	}
}
"""

_NORMALIZE = r'"^(/simple/[^/]*?)(?:[-_.]*[_.][-_.]*|--+)([^/]*?)/?$" $1-$2/'


def snippets(root: str) -> Iterator[tuple[str, bytes]]:
    """Paths below the index, and configurations.

    Args:
        root: Folder of the export, absolute.
    """
    yield f"{FOLDER}/nginx.conf", _filled(_NGINX, root).encode()
    yield f"{FOLDER}/Caddyfile", _filled(_CADDY, root).encode()


def _filled(text: str, root: str) -> str:
    words = {
        "ROOT": root,
        "UNNORMALIZED": _NORMALIZE,
        "JSON": _JSON,
        "HTML": _HTML,
        "WANTED": _WANTED,
        "KIND": "vnd[.]pypi[.]simple[.](v1|latest)",
        "PLUS": _PLUS,
        "SLASH": _SLASH,
        "TYPE_JSON": JSON,
        "TYPE_HTML": HTML,
        "POLICY": POLICY,
        "PAGE_CACHE": PAGE_CACHE,
        "FILE_CACHE": FILE_CACHE,
        "ASSET_CACHE": ASSET_CACHE,
    }
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text
