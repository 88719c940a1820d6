#!/bin/sh
# Print the users of deploy/nats/nats.conf. Each argument is a service and its public key, as
# github=UA...; `admin` may do everything, `context` reads with the consumer of that name. A service
# publishes, as whichever is there publishes what all of them wrote, and reads its own inbox only.
set -eu

publish='"self.events.>", "self.integrations.>", "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.PURGE.SELF_EVENTS"'
consume='"$JS.API.STREAM.INFO.SELF_EVENTS", "$JS.API.CONSUMER.*.SELF_EVENTS.context", "$JS.API.CONSUMER.*.SELF_EVENTS.context.>", "$JS.API.CONSUMER.MSG.NEXT.SELF_EVENTS.context", "$JS.ACK.SELF_EVENTS.context.>"'

echo 'users: ['
for it in "$@"; do
    key=${it#*=}
    case ${it%%=*} in
    admin) echo "  { nkey: $key }" && continue ;;
    context) may=$consume ;;
    *) may=$publish ;;
    esac
    echo "  { nkey: $key, permissions: { publish: [$may], subscribe: [\"_INBOX.$key.>\"] } } # ${it%%=*}"
done
echo ']'
