using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Pipeline.Submissions;

namespace GpuGrants.Api.Http.Idempotency;

/// <summary>
/// Renders answers of a kind again from pinned data, byte for byte. A renderer stays in the service as long as keys may name it: a changed
/// answer gets a new renderer with a new name, and the old one goes a day later at the earliest.
/// </summary>
public interface IKeptRenderer
{
    /// <summary>Name and version, as <see cref="KeptAnswer.Renderer"/> holds them.</summary>
    string Name { get; }

    Task<Answer> RenderAsync(KeptAnswer row, CancellationToken cancellation);
}
