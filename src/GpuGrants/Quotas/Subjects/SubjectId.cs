namespace GpuGrants.Quotas.Subjects;

/// <summary>
/// The subject of one counter: an id, a kind's name, or <c>*</c> for a group that spans the platform. Compared without making text of it.
/// </summary>
public readonly record struct SubjectId
{
    private readonly Guid _id;
    private readonly string? _name;

    private SubjectId(Guid id, string? name)
    {
        _id = id;
        _name = name;
    }

    /// <summary>Of a subject that is not a name.</summary>
    internal Guid Id => _id;

    /// <summary>Everybody at once.</summary>
    public static SubjectId All { get; } = new(Guid.Empty, "*");

    /// <summary>A subject with an id.</summary>
    public static SubjectId Of(Guid id) => new(id, null);

    /// <summary>A subject with a name: a kind of organization.</summary>
    public static SubjectId Named(string name) => new(Guid.Empty, name);

    /// <summary>The subject that was written as <paramref name="text"/>.</summary>
    public static SubjectId Parse(string text) => Guid.TryParseExact(text, "D", out var id) ? Of(id) : Named(text);

    /// <summary>As rows and answers name it.</summary>
    public override string ToString() => _name ?? _id.ToString("D");

    /// <inheritdoc/>
    public bool Equals(SubjectId other) => _id == other._id && string.Equals(_name, other._name, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => _name is null ? _id.GetHashCode() : string.GetHashCode(_name, StringComparison.Ordinal);
}
