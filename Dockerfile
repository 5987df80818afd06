# A static loadgate in an image of its own, as a user without rights.
#
#   docker build --build-arg VERSION=1.2.0 -t loadgate .
#   docker run --rm -v "$PWD:/work" -u "$(id -u):$(id -g)" loadgate run gate.yaml
#
# The default image holds nothing else. CI systems that run a job's script inside
# the image (GitLab, Jenkins) need a shell in it: build with `--target shell`.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=0.1.0-dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" \
      -o /root-fs/usr/local/bin/loadgate ./cmd/loadgate
# The folders a run writes to, and the names of the user; the certificates of the
# authorities, for https targets.
RUN mkdir -p /root-fs/etc/ssl/certs /root-fs/tmp /root-fs/work \
 && cp /etc/ssl/certs/ca-certificates.crt /root-fs/etc/ssl/certs/ \
 && echo 'loadgate:x:65532:65532:loadgate:/work:/bin/false' >/root-fs/etc/passwd \
 && echo 'loadgate:x:65532:' >/root-fs/etc/group \
 && chmod 1777 /root-fs/tmp && chown 65532:65532 /root-fs/work

FROM busybox:1.37-musl AS shell
COPY --from=build /root-fs/ /
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/loadgate"]
CMD ["--help"]

FROM scratch
COPY --from=build /root-fs/ /
ENV PATH=/usr/local/bin
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/usr/local/bin/loadgate"]
CMD ["--help"]
