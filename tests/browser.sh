#!/bin/sh
# Make sure that a Chromium is there for the tests of the page: Debian's package, when this user may install it.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "tocsin: installing Chromium for the tests of the page"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
fi
echo "tocsin: no Chromium here and none could be installed; the tests of the page in a browser will be skipped" >&2
exit 0
