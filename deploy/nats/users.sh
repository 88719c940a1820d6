#!/bin/sh
# Print the users of deploy/nats/nats.conf. Each argument is a service, its public key and its sources,
# as google=UA...:gmail,google_drive; `admin` may do everything, `context` and `reader` read with the
# consumer of their name. A service publishes, as whichever is there publishes what all of them wrote, and reads what
# came from its own sources and its own inbox.
set -eu

publish='"self.events.>", "self.integrations.>", "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.PURGE.SELF_EVENTS"'
consume='"$JS.API.STREAM.INFO.SELF_EVENTS", "$JS.API.CONSUMER.*.SELF_EVENTS.NAME", "$JS.API.CONSUMER.*.SELF_EVENTS.NAME.>", "$JS.API.CONSUMER.MSG.NEXT.SELF_EVENTS.NAME", "$JS.ACK.SELF_EVENTS.NAME.>"'
create='$JS.API.CONSUMER.CREATE.SELF_EVENTS.*'

echo 'users: ['
for it in "$@"; do
    name=${it%%=*} it=${it#*=}
    key=${it%%:*}
    case $name in
    admin) echo "  { nkey: $key }" && continue ;;
    context | reader) may=$(echo "$consume" | sed "s/NAME/$name/g") ;;
    *)
        may=$publish
        for source in $(echo "${it#"$key"}" | tr ':,' '  '); do
            may="$may, \"$create.self.events.*.$source.*\", \"$create.self.integrations.$source.*\""
        done
        ;;
    esac
    echo "  { nkey: $key, permissions: { publish: [$may], subscribe: [\"_INBOX.$key.>\"] } } # $name"
done
echo ']'
