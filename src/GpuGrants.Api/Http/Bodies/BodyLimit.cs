using Microsoft.AspNetCore.Http.Metadata;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>The largest body that an endpoint takes.</summary>
/// <param name="MaxRequestBodySize">In bytes.</param>
public sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata
{
    /// <summary>Of endpoints without a limit of their own.</summary>
    public const int DefaultBytes = 64 * 1024;
}
