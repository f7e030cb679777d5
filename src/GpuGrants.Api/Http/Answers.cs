using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Http;

/// <summary>The answers of successful commands.</summary>
public static class Answers
{
    /// <param name="location">Where it can be read; null when it cannot be read by itself.</param>
    /// <param name="body">What was made.</param>
    /// <param name="version">Its version, where it has one.</param>
    public static Answer Created<TBody>(string? location, TBody body, long? version = null) =>
        Json(201, body, version) with
        {
            Location = location,
        };

    /// <summary>Accepted; the work continues elsewhere.</summary>
    /// <param name="location">Where it can be read; null when it cannot be read by itself.</param>
    /// <param name="body">What goes on.</param>
    public static Answer Accepted<TBody>(string? location, TBody body) => Json(202, body, null) with { Location = location };

    public static Answer Ok<TBody>(TBody body, long? version = null) => Json(200, body, version);

    public static Answer NoContent() => new() { Status = 204, Body = ReadOnlyMemory<byte>.Empty };

    private static Answer Json<TBody>(int status, TBody body, long? version) =>
        new()
        {
            Status = status,
            Body = ApiJson.Write(body),
            ETag = version is { } number ? EntityTagExtensions.ETag(number) : null,
        };
}
