using FluentValidation;
using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>A body by which callers give something a name and notes of their own, or change them.</summary>
public interface IOwnNames
{
    string? ExternalId { get; }

    /// <summary>In a change, null removes a note, and notes that are left out stay.</summary>
    Dictionary<string, string?>? Metadata { get; }
}

/// <summary>Checks and writes callers' own names and notes.</summary>
internal static class OwnNames
{
    /// <summary>Checks both members.</summary>
    /// <param name="validator">The body's.</param>
    /// <param name="isNew">Whether something is made. A change may also remove notes.</param>
    public static void HasOwnNames<TBody>(this AbstractValidator<TBody> validator, bool isNew)
        where TBody : IOwnNames
    {
        validator.RuleFor(body => body.ExternalId).ExternalId();
        validator.RuleFor(body => body.Metadata).ChangedNotes(isNew);
    }

    /// <summary>Writes what a new body says.</summary>
    public static void TakeNames(this IOwnNamed row, IOwnNames body) =>
        (row.ExternalId, row.Metadata) = (body.ExternalId, Metadata.ToJson(Metadata.Merge(null, body.Metadata)));

    /// <summary>Writes what a patch says: null for a member clears it, and null for a note removes that note.</summary>
    /// <returns>A refusal when there would be too many notes; then nothing is written.</returns>
    public static Refusal? Rename<TBody>(this MergePatch<TBody> patch, IOwnNamed row)
        where TBody : class, IOwnNames
    {
        var body = patch.Body;
        var notes = Metadata.Merge(patch.Clears(nameof(body.Metadata)) ? null : row.Metadata, body.Metadata);
        if (notes.Count > Metadata.MaxKeys)
            return Refusal.Invalid("metadata", $"There would be {notes.Count} notes, and {Metadata.MaxKeys} fit. Remove some by null.");
        row.ExternalId = patch.Clears(nameof(body.ExternalId)) ? null : body.ExternalId ?? row.ExternalId;
        row.Metadata = Metadata.ToJson(notes);
        return null;
    }
}
