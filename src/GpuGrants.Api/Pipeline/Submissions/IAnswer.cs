using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Pipeline.Submissions;

/// <summary>What the edge makes of an outcome. The pipeline hands it back and keeps it; it never looks inside.</summary>
public interface IAnswer
{
    /// <summary>Writes the answer as a repetition of the call gets it.</summary>
    void KeepIn(KeptAnswer row);
}

/// <summary>An outcome as its caller gets it.</summary>
/// <param name="Answer">For the caller who asked first.</param>
/// <param name="Kept">For repetitions with the same key, without what is shown only once; null when nothing is to be kept.</param>
public sealed record Rendering(IAnswer Answer, IAnswer? Kept);
