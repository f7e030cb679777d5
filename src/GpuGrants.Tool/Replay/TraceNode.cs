namespace GpuGrants.Tool.Replay;

/// <summary>A machine of the trace.</summary>
/// <param name="Name">Its name in the trace.</param>
/// <param name="Gpus">How many GPUs it has.</param>
/// <param name="Model">Their model, a lower-case word.</param>
public sealed record TraceNode(string Name, int Gpus, string Model);
