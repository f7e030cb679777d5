using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace GpuGrants.Api.Contract;

/// <summary>The contract as it is served: made at the first call, compressed once, and not sent again to who has it.</summary>
internal sealed class ContractDocument(IServiceProvider services)
{
    private const string Identity = "identity";
    private readonly Lock _lock = new();
    private Task<IReadOnlyList<Copy>>? _copies;

    /// <summary>Answers with the smallest form that the caller takes; 304 when it has that one.</summary>
    public async Task<IResult> AnswerAsync(HttpContext http)
    {
        var copies = await CopiesAsync();
        var accepted = http.Request.GetTypedHeaders().AcceptEncoding;
        var copy = copies.First(one => one.Encoding == Identity || Takes(accepted, one.Encoding));
        var response = http.Response;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = copy.ETag;
        if (Has(http.Request, copy.ETag))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        if (copy.Encoding != Identity)
            response.Headers.ContentEncoding = copy.Encoding;
        return TypedResults.Bytes(copy.Bytes, "application/json");
    }

    private static bool Takes(IList<StringWithQualityHeaderValue> accepted, string encoding) =>
        accepted.Any(one => one.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && one.Quality is not 0);

    private static bool Has(HttpRequest request, string etag) =>
        request
            .GetTypedHeaders()
            .IfNoneMatch.Any(one => one.Tag == "*" || one.Compare(new EntityTagHeaderValue(etag), useStrongComparison: false));

    /// <summary>Once for all callers; a failure is not kept.</summary>
    private Task<IReadOnlyList<Copy>> CopiesAsync()
    {
        lock (_lock)
            return _copies is null or { IsFaulted: true } ? _copies = MakeAsync() : _copies;
    }

    private async Task<IReadOnlyList<Copy>> MakeAsync()
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredService<IAsyncSwaggerProvider>().GetSwaggerAsync(ContractPage.Document);
        using var text = new MemoryStream();
        await document.SerializeAsJsonAsync(text, OpenApiSpecVersion.OpenApi3_0);
        var bytes = text.ToArray();
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
        // The smallest first. Each form has an ETag of its own, because a strong one names bytes.
        return
        [
            new Copy("br", Compress(bytes, output => new BrotliStream(output, CompressionLevel.SmallestSize)), $"\"{hash}-br\""),
            new Copy("gzip", Compress(bytes, output => new GZipStream(output, CompressionLevel.SmallestSize)), $"\"{hash}-gzip\""),
            new Copy(Identity, bytes, $"\"{hash}\""),
        ];
    }

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> by)
    {
        using var output = new MemoryStream();
        using (var compressing = by(output))
            compressing.Write(bytes);
        return output.ToArray();
    }

    private sealed record Copy(string Encoding, byte[] Bytes, string ETag);
}
