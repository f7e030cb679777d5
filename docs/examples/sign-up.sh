#!/usr/bin/env bash
# A newcomer's three calls against any service that is open: sign up, confirm with the mailed code, ask for GPU time.
# Usage: docs/examples/sign-up.sh http://localhost:8080/ [e-mail] [name] [organization] [kind] [country]
set -euo pipefail
service=${1:?State the address of the service, such as http://localhost:8080/}
service=${service%/}
email=${2:-}
[ -n "$email" ] || read -rp "Your e-mail address: " email
name=${3:-Kim Mina} organization=${4:-$name\'s lab} kind=${5:-individual} country=${6:-KR}

# post PATH BODY [HEADER]: prints the answer; fails with it when the service refuses.
post() {
    local answer
    answer=$(curl -s "$service$1" -H 'Content-Type: application/json' -H "Idempotency-Key: $RANDOM-$RANDOM-$(date +%s%N)" \
        ${3:+-H "$3"} -d "$2" -w '\n%{http_code}')
    if [ "${answer##*$'\n'}" -ge 300 ]; then
        printf '%s\n' "${answer%$'\n'*}" >&2
        return 1
    fi
    printf '%s\n' "${answer%$'\n'*}"
}

# member NAME: the first text member of this name in a JSON document.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

# quoted TEXT: as a JSON text.
quoted() { printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"; }

echo "1. POST /v1/sign-ups"
started=$(post /v1/sign-ups "{\"email\":$(quoted "$email"),\"name\":$(quoted "$name"),\"organizationName\":$(quoted "$organization"),
    \"kind\":$(quoted "$kind"),\"country\":$(quoted "$country"),\"acceptsTerms\":true}")
id=$(printf %s "$started" | grep -o '"id":"[^"]*"' | head -n 1 | member id)
read -rp "The eight digits of the mail: " code

echo "2. POST /v1/sign-ups/$id/confirm"
made=$(post "/v1/sign-ups/$id/confirm" "{\"code\":$(quoted "$code")}")
token=$(printf %s "$made" | grep -o '"accessToken":"[^"]*"' | member accessToken)
printf '   keep these: %s %s\n' "$(printf %s "$made" | grep -o '"clientId":"[^"]*"' | head -n 1 | member clientId)" \
    "$(printf %s "$made" | grep -o '"clientSecret":"[^"]*"' | member clientSecret)"

echo "3. POST /v1/requests"
post /v1/requests '{"gpuHours":2,"purpose":"Try it out"}' "Authorization: Bearer $token"
