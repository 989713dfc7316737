// Runs at the edge before the cache: S3 knows no folders, so the address of one is that of its index.html.
function handler(event) {
  var request = event.request;
  if (request.uri.endsWith('/')) {
    request.uri += 'index.html';
  }
  return request;
}
