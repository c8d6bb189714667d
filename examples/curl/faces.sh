#!/bin/sh
# Index a picture, search it, name the person, erase them with proof: examples/curl/faces.sh ME.jpg
set -eu

picture=$1
url=${FACEPLATE_URL:-http://127.0.0.1:8000}
key=${FACEPLATE_API_KEY:?set it to an API key}

call() { # call METHOD PATH [curl options…]: print the answer, fail on an error
    method=$1 path=$2
    shift 2
    curl -sS --fail-with-body -X "$method" -H "x-api-key: $key" "$@" "$url$path" && ended=0 || ended=$?
    echo
    return "$ended"
}

# The bytes as they are. `?person=` names whoever is in it.
call PUT "/v1/index/examples/curl.jpg?person=Curl%20Example" --data-binary "@$picture" \
    -H "content-type: application/octet-stream" >/dev/null

# The same picture as base64 text, which is what Postman sends.
"$(dirname "$0")/../base64encode.sh" "$picture" |
    call POST "/v1/search" --data-binary @- -H "content-type: text/plain" |
    grep -q '"matchedFaces":\["Curl Example"' && echo "matched: Curl Example"

# Every answer of the list has person_id and name; take the id that belongs to ours.
person=$(call GET "/v1/people?limit=1000" | tr '{' '\n' |
    sed -n 's/.*"person_id":"\([^"]*\)","name":"Curl Example".*/\1/p' | head -n 1)

# The proof: counts before, and what a second look found.
call DELETE "/v1/people/$person"

# What is gone is answered with a stable code, not with an empty page.
call GET "/v1/people/$person" || echo "gone"
