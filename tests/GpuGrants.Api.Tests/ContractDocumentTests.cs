using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary><c>/openapi/v1.json</c> is made once, compressed, and sent again only when it has changed.</summary>
public sealed class ContractDocumentTests(ReadWorld read) : IClassFixture<ReadWorld>
{
    private const string Address = "/openapi/v1.json";

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task It_comes_compressed_when_the_caller_takes_that_and_is_the_same_document(string encoding)
    {
        var plain = await read.World.Http.GetByteArrayAsync(Address);
        using var answer = await GetAsync(("Accept-Encoding", encoding));
        Assert.Equal([encoding], answer.Content.Headers.ContentEncoding);
        Assert.Equal(["Accept-Encoding"], answer.Headers.Vary);
        var sent = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(sent.Length * 5 < plain.Length, $"{sent.Length} of {plain.Length} bytes");
        using var input = new MemoryStream(sent);
        using Stream reading =
            encoding == "br" ? new BrotliStream(input, CompressionMode.Decompress) : new GZipStream(input, CompressionMode.Decompress);
        using var output = new MemoryStream();
        await reading.CopyToAsync(output);
        Assert.Equal(plain, output.ToArray());
    }

    [Fact]
    public async Task No_token_that_only_reads_changes_anything()
    {
        var paths = JsonNode.Parse(await read.World.Http.GetStringAsync(Address))!["paths"]!.AsObject();
        var changing = paths
            .SelectMany(path => path.Value!.AsObject().Select(one => (Name: $"{one.Key} {path.Key}", Operation: one.Value!)))
            .Where(one => !one.Name.StartsWith("get ", StringComparison.Ordinal))
            .ToList();
        Assert.True(changing.Count > 50);
        var byReading = changing
            .Where(one => one.Operation["security"]?.ToJsonString().Contains("\"read\"", StringComparison.Ordinal) == true)
            .Select(one => one.Name);
        // These answer questions.
        Assert.Equal(["post /v1/consents/read", "post /v1/quota-policies/validate"], byReading.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_comes_uncompressed_to_who_refuses_compression()
    {
        using var answer = await GetAsync(("Accept-Encoding", "br;q=0, gzip;q=0"));
        Assert.Empty(answer.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Who_has_it_gets_304_and_no_body()
    {
        using var first = await GetAsync(("Accept-Encoding", "br"));
        var etag = first.Headers.ETag!.Tag;
        using var again = await GetAsync(("Accept-Encoding", "br"), ("If-None-Match", $"\"other\", {etag}"));
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(etag, again.Headers.ETag!.Tag);
        Assert.Empty(await again.Content.ReadAsByteArrayAsync());
        using var other = await GetAsync(("Accept-Encoding", "gzip"), ("If-None-Match", etag));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    private Task<HttpResponseMessage> GetAsync(params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, Address);
        foreach (var (name, value) in headers)
            message.Headers.TryAddWithoutValidation(name, value);
        return read.World.Http.SendAsync(message);
    }
}
