"""Cache-Control by class of object (RFC 9111; stale-* are RFC 5861, immutable is RFC 8246)."""

IMMUTABLE = "public, max-age=31536000, immutable"  # closed list pages, and files whose name is a digest of them
ARTICLE = "public, max-age=300, stale-while-revalidate=600, stale-if-error=86400"
INDEX = "public, max-age=60, stale-while-revalidate=300, stale-if-error=86400"  # what a new article changes
STATE = "private, no-store"
